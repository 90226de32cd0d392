// What the API tells and does, as the gateway offers it: the room itself knows no gateway.

import type { RecentDecisions } from '../decision/recent-decisions.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';

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
  readonly reload: { readonly outcome: 'none' | 'done' | 'failed'; readonly at: number | undefined };
  readonly directory:
    | { readonly state: 'fresh' | 'stale' | 'unavailable'; readonly generation: number | undefined }
    | undefined;
}

export interface Sources {
  readonly clock: Clock;
  readonly log: Log;
  /** Another value each time those who may use the API have changed. */
  readonly accessState: () => unknown;
  readonly recent: RecentDecisions;
  status(): Status;
}
