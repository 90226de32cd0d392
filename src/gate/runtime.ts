// What the gate needs of the state in force: one immutable snapshot, which a request uses from start to end.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BlockList } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Decider } from '../decision/decide.ts';
import type { Inventory } from '../directory/inventory.ts';
import type { Reports } from '../directory/reports.ts';
import type { Sightings } from '../directory/sightings.ts';
import type { IdentityWriter } from '../headers/identity-writer.ts';
import type { Stripper } from '../headers/strip.ts';
import type { ClientSide } from '../model/client-side.ts';
import type { Exchange, Outcome } from '../model/exchange.ts';
import type { Refusal } from '../model/reasons.ts';
import type { Policy } from '../policy/compile.ts';
import type { HostTable } from '../policy/host-table.ts';
import type { KeySetPage } from '../token/key-set-page.ts';
import type { TokenWriter } from '../token/token-writer.ts';

/** Where allowed requests go. */
export interface Forwarder {
  forward(request: IncomingMessage, response: ServerResponse, exchange: Exchange, outcome: Outcome): void;
  forwardStream(client: ClientSide, exchange: Exchange, outcome: Outcome): void;
  /** Resolves with a refusal while the client has seen nothing yet. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, exchange: Exchange): Promise<Refusal | undefined>;
}

export interface GateUpstream {
  /** The Host header to send: `preserve` for the client's. */
  readonly host: string;
  /** Path of the upstream's URL, without a trailing slash; put before every path. */
  readonly basePath: string;
  readonly stripPrefix: string | undefined;
  readonly writer: IdentityWriter;
  /** Undefined: the service gets no token. */
  readonly token: TokenWriter | undefined;
}

export interface RefusalSettings {
  readonly contact: string | undefined;
  /** HTML template of the operator. */
  readonly page: string | undefined;
  readonly detail: 'full' | 'code';
}

export interface GateRuntime {
  /** Counts up with every reload. */
  readonly generation: number;
  readonly policy: Policy;
  readonly decider: Decider;
  readonly forwarder: Forwarder;
  readonly upstreams: ReadonlyMap<string, GateUpstream>;
  readonly stripper: Stripper;
  /** Told of certificates that passed; undefined without a directory. */
  readonly sightings: Pick<Sightings, 'note'> | undefined;
  /** Told of every certificate that was verified. */
  readonly inventory: Pick<Inventory, 'note'>;
  /** Told of what report-only rules would have done with requests that were allowed. */
  readonly reports: Pick<Reports, 'note'>;
  /** Undefined: there are no keys of tokens. */
  readonly keySetPage: KeySetPage | undefined;
  /** From how long before its end a client is told of it; undefined: it is not. */
  readonly expiryNoticeWithinMs: number | undefined;
  readonly trailerBlocked: (name: string) => boolean;
  /** undefined: there are none. */
  readonly trustedProxies: BlockList | undefined;
  readonly refusal: RefusalSettings;
  /** Hosts that the default certificate covers: what a client without SNI may ask for. */
  readonly defaultHosts: HostTable<true>;
  /** Content hash of what gate 1 judges with for a server name today. */
  trustGenerationOf(serverName: string | undefined): string;
  /** Sessions of a client at that address are not resumed for a while. */
  demandFullHandshake(address: string): void;
  /** Counts the exchanges that use this snapshot, so that it is closed behind the last one. */
  hold(): () => void;
}
