// What do the processes of one gateway have in common? Nothing of this is there where one process does everything.

import type { RecentDecisions } from '../decision/recent-decisions.ts';
import type { TrafficStore } from '../directory/traffic-store.ts';
import type { FullHandshakes } from '../listener/full-handshakes.ts';
import type { TicketSettings, Tickets } from '../listener/tickets.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Outbound } from '../revocation/outbound-types.ts';
import type { VerifiedIntermediates } from '../trust/verified-intermediates.ts';
import type { Fleet } from './fleet.ts';

export interface FleetHears {
  readonly onChange: (what: 'moved') => void;
  readonly onMessage: (body: string) => void;
}

export interface CommonParts {
  readonly metrics: Metrics;
  /** In the place of Redis, where none is configured. */
  readonly fleet: (hears: FleetHears) => Fleet;
  readonly fullHandshakes: (own: FullHandshakes) => FullHandshakes;
  readonly poolOf: (contentHash: string) => VerifiedIntermediates;
  /** Each list is fetched once for all. */
  readonly listOutbound: (proxy: string | undefined) => Outbound;
  readonly chance: () => number;
  /** In workers. */
  readonly tickets?: (settings: TicketSettings) => Tickets;
  readonly traffic?: TrafficStore;
  /** How many decisions are kept for the primary; undefined: nobody asks for them. */
  readonly keptDecisions?: number | undefined;
  /** In the primary. */
  readonly workers?: Workers;
}

/** The workers as their primary tells of them. */
export interface Workers {
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  /** One at least takes requests. */
  readonly isServing: boolean;
  connections(): Promise<number>;
  /** Puts the decisions that were made since the last time into this place. */
  noteDecisions(recent: RecentDecisions): Promise<void>;
  /** Drains them all. `atOnce`: what is still in flight then is broken off. */
  stop(atOnce: Promise<unknown>): Promise<void>;
}
