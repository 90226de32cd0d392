// The expiry watch of a running gateway: what it looks at, and who hears of it.

import type { Configuration } from '../config/load.ts';
import type { TrafficStore } from '../directory/traffic-store.ts';
import { type EndingKind, THRESHOLDS } from '../expiry/ending.ts';
import { createExpiryWatch, type ExpiryWarning, type ExpiryWatch } from '../expiry/watch.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import { endingsOf, endingsOfClients } from './endings.ts';
import type { RevocationServices } from './revocation.ts';

export interface RunningExpiryInput {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'observeExpiry'>;
  /** The one in force. */
  readonly configuration: () => Configuration;
  readonly revocation: Pick<RevocationServices, 'lists' | 'ocspSigners'>;
  readonly store: TrafficStore;
  readonly announce: (warnings: readonly ExpiryWarning[]) => void;
}

/** What is counted and not named: a series for each client would be one too many. */
const COUNTED: readonly EndingKind[] = ['permission', 'client-certificate'];

export function runExpiry(input: RunningExpiryInput): ExpiryWatch {
  const { clock, log, metrics, configuration, revocation, store, announce } = input;
  const watch = createExpiryWatch({
    clock,
    log,
    announce,
    async *collect(until) {
      yield endingsOf(configuration(), revocation);
      yield* endingsOfClients(store, clock(), until);
    },
    claim: (claims) => store.claimWarnings(claims),
  });
  metrics.observeExpiry(() => ({
    // Lists have gauges of their own.
    ends: endingsOf(configuration(), revocation)
      .filter(({ kind }) => kind !== 'crl')
      .map(({ kind, trust = '', name, endsAt }) => ({ kind, trust, name, endsAt })),
    counts: COUNTED.flatMap((kind) =>
      THRESHOLDS.map((days) => ({ kind, days, count: watch.counts.get(kind)?.[days] ?? 0 })),
    ),
  }));
  return watch;
}
