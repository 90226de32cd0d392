// What is already known about a certificate: kept verdicts first, and one computation for all who ask at once.

import type { Clock } from '../model/clock.ts';
import type { Verdict } from '../model/verdict.ts';
import type { VerdictStore } from './verdict-store.ts';

type Compute = () => Promise<Verdict> | Verdict;
type Kept = Promise<Verdict | undefined> | Verdict | undefined;

export interface VerdictCache {
  /**
   * The verdict under a key of verdictKey. Answers at once, without a promise, when the store does. `compute` is called
   * at most once for all calls that meet; when it fails, all of them reject and nothing is kept.
   */
  lookUp(key: string, compute: Compute): FoundVerdict | Promise<FoundVerdict>;
  /** Forgets everything; computations under way still answer those who wait, but are not kept. */
  clear(): void;
}

export interface FoundVerdict {
  /** Its `validUntil` is never later than the time to live allows. */
  readonly verdict: Verdict;
  readonly from: VerdictStore['name'] | 'computed';
}

export interface VerdictCacheInput {
  readonly store: VerdictStore;
  /** Longest time a verdict is kept, for certificates that are valid and for those that are not. */
  readonly ttlMs: number;
  readonly refusalTtlMs: number;
  readonly clock: Clock;
}

export function createVerdictCache({ store, ttlMs, refusalTtlMs, clock }: VerdictCacheInput): VerdictCache {
  // As many at most as there are connections: each waits for one verdict.
  const flights = new Map<string, Promise<FoundVerdict>>();

  const timeToLive = (verdict: Verdict) => (verdict.valid ? ttlMs : refusalTtlMs);

  const find = async (kept: Kept, compute: Compute): Promise<FoundVerdict> => {
    const verdict = await kept;
    if (isFresh(verdict, clock())) return { verdict, from: store.name };
    const made = await compute();
    return {
      verdict: { ...made, validUntil: Math.min(made.validUntil, clock() + timeToLive(made)) },
      from: 'computed',
    };
  };

  /** One that would hold longer than it may was made under a later clock, or by a replica with other options. */
  const isFresh = (verdict: Verdict | undefined, now: number): verdict is Verdict =>
    verdict !== undefined && now < verdict.validUntil && verdict.validUntil - now <= timeToLive(verdict);

  const fly = (key: string, kept: Kept, compute: Compute): Promise<FoundVerdict> => {
    const flight = find(kept, compute)
      .then((found) => {
        // After clear() the flight is no longer listed, and what it found may rest on what was to be forgotten.
        if (found.from === 'computed' && flights.get(key) === flight) void store.set(key, found.verdict, clock());
        return found;
      })
      .finally(() => {
        if (flights.get(key) === flight) flights.delete(key);
      });
    flights.set(key, flight);
    return flight;
  };

  return {
    lookUp(key, compute) {
      const underWay = flights.get(key);
      if (underWay !== undefined) return underWay;
      const now = clock();
      const kept = store.get(key, now);
      if (!(kept instanceof Promise) && isFresh(kept, now)) return { verdict: kept, from: store.name };
      return fly(key, kept, compute);
    },
    clear() {
      flights.clear();
      void store.clear();
    },
  };
}
