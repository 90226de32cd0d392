// Who takes much at one replica has less left at the others: what guests take is said to them once a second.

import type { Guests } from '../limits/guests.ts';
import { parseTakings, serializeTakings } from '../limits/takings-text.ts';
import type { Metrics } from '../metrics/metrics.ts';

export interface SharedLimits {
  /** What another replica has said. */
  hear(body: string): void;
  close(): void;
}

export interface SharedLimitsInput {
  readonly guests: Pick<Guests, 'tell' | 'hear'>;
  readonly say: (body: string) => void;
  readonly metrics: Pick<Metrics, 'takings'>;
}

/** A burst is ten times as long by default, so that little is taken twice before everybody knows. */
const TELLING_INTERVAL_MS = 1_000;

export function shareLimits({ guests, say, metrics }: SharedLimitsInput): SharedLimits {
  const timer = setInterval(() => {
    const told = guests.tell();
    if (told === undefined) return;
    say(serializeTakings(told));
    metrics.takings('said');
  }, TELLING_INTERVAL_MS);
  timer.unref();
  return {
    hear(body) {
      const takings = parseTakings(body);
      metrics.takings(takings === undefined ? 'unreadable' : 'heard');
      if (takings !== undefined) guests.hear(takings, performance.now());
    },
    close: () => clearInterval(timer),
  };
}
