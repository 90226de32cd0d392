// What the API tells and does, as the gateway offers it: the room itself knows no gateway.

import type { Configuration } from '../config/load.ts';
import type { AdminLimits } from '../config/options/admin.ts';
import type { Explanation } from '../decision/explain.ts';
import type { RecentDecisions } from '../decision/recent-decisions.ts';
import type { DirectoryStore } from '../directory/store.ts';
import type { TrafficStore } from '../directory/traffic-store.ts';
import type { Ending } from '../expiry/ending.ts';
import type { CertificateFacts, CrlFacts } from '../model/certificate.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import type { Problem } from '../model/problem.ts';

/** Times are in ms since the epoch. */
export interface Status {
  readonly version: string;
  readonly node: string;
  readonly state: 'starting' | 'ready' | 'stopping';
  readonly startedAt: number;
  /** Counts up with every reload and with every change of what is known. */
  readonly generation: number;
  readonly configuration: string;
  readonly listeners: readonly { readonly address: string; readonly port: number }[];
  readonly connections: number;
  readonly reload: {
    readonly outcome: 'none' | 'done' | 'failed';
    readonly at: number | undefined;
    /** Why it failed; the first of them. */
    readonly problems: readonly Problem[];
  };
  readonly directory:
    | { readonly state: 'fresh' | 'stale' | 'unavailable'; readonly generation: number | undefined }
    | undefined;
}

/** `done`: the new configuration is in force; else the old one still is. */
export interface ReloadOutcome {
  readonly done: boolean;
  /** Warnings where it is done. */
  readonly problems: readonly Problem[];
  /** Keys whose change counts from the next start on. */
  readonly needsRestart: readonly string[];
}

export interface ExplainRequest {
  /** DER, leaf first; empty: none is presented. */
  readonly certificates: readonly Uint8Array[];
  readonly url: string;
}

export interface Sources {
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: AdminLimits;
  readonly recent: RecentDecisions;
  /** In force. */
  readonly configuration: () => Configuration;
  /** undefined: no directory of clients is configured. */
  readonly directory: DirectoryStore | undefined;
  /** Certificates seen in the traffic. */
  readonly traffic: TrafficStore;
  status(): Promise<Status>;
  /** To be waited for before `recent` is looked into: other processes of the gateway may have noted more. */
  catchUp(): Promise<void>;
  /** Revocation lists in force, by trust store. */
  lists(): ReadonlyMap<string, readonly CrlFacts[]>;
  /** Certificates that responders have signed the answers in use with. */
  ocspSigners(): readonly CertificateFacts[];
  /** What of the configuration, of its clients and of the directory ends by then, in parts. ms since the epoch. */
  endings(until: number): AsyncIterable<readonly Ending[]>;
  /** By what decides live. */
  explain(request: ExplainRequest): Promise<Explanation>;
  reload(): Promise<ReloadOutcome>;
}
