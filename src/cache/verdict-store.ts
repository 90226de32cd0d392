// Where verdicts are kept: what every store promises.

import type { Verdict } from '../model/verdict.ts';

/**
 * `now` is in milliseconds since the epoch. A verdict is given back while `now < validUntil` and never after. A store
 * never rejects or throws for troubles of its own: what it cannot read is not there, what it cannot keep is lost. It may
 * give back equal facts in other objects, and may forget at any time.
 */
export interface VerdictStore {
  /** Where log lines say that a verdict came from. */
  readonly name: 'memory' | 'redis';
  /** Gives a value, not a promise, when it can answer at once. */
  get(key: string, now: number): Promise<Verdict | undefined> | Verdict | undefined;
  set(key: string, verdict: Verdict, now: number): Promise<void> | void;
  clear(): Promise<void> | void;
}
