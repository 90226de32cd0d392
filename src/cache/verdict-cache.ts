// What is already known about a certificate: kept verdicts first, and one computation for all who ask at once.

import type { Clock } from '../model/clock.ts';
import type { Verdict } from '../model/verdict.ts';
import type { MemoryStore } from './memory.ts';
import type { VerdictStore } from './verdict-store.ts';

type Compute = () => Promise<Verdict> | Verdict;

export interface VerdictCache {
  /**
   * The verdict under a key of verdictKey. Answers at once, without a promise, from memory. `compute` is called at most
   * once for all calls that meet; when it fails, all of them reject and nothing is kept.
   */
  lookUp(key: string, compute: Compute): FoundVerdict | Promise<FoundVerdict>;
  /** Forgets what is in memory; what is under way still answers those who wait, but is not kept. */
  clear(): void;
}

export interface FoundVerdict {
  /** Its `validUntil` is never later than the time to live allows. */
  readonly verdict: Verdict;
  readonly from: VerdictStore['name'] | 'computed';
}

export interface VerdictCacheInput {
  readonly store: MemoryStore;
  /** Asked for what is not in memory; undefined where nothing is shared. */
  readonly shared?: VerdictStore | undefined;
  /** Longest time a verdict is kept, for certificates that are valid and for those that are not. */
  readonly ttlMs: number;
  readonly refusalTtlMs: number;
  readonly clock: Clock;
  /** Told how long each computation took. */
  readonly computed?: (seconds: number) => void;
}

export function createVerdictCache(input: VerdictCacheInput): VerdictCache {
  const { store, shared, ttlMs, refusalTtlMs, clock, computed } = input;
  // As many at most as there are connections: each waits for one verdict.
  const flights = new Map<string, Promise<FoundVerdict>>();

  const timeToLive = (verdict: Verdict) => (verdict.valid ? ttlMs : refusalTtlMs);

  const find = async (key: string, compute: Compute): Promise<FoundVerdict> => {
    const known = await shared?.get(key, clock());
    if (shared !== undefined && isFresh(known, clock())) return { verdict: known, from: shared.name };
    const begin = performance.now();
    const made = await compute();
    computed?.((performance.now() - begin) / 1000);
    return {
      verdict: { ...made, validUntil: Math.min(made.validUntil, clock() + timeToLive(made)) },
      from: 'computed',
    };
  };

  /** One that would hold longer than it may was made under a later clock, or by a replica with other options. */
  const isFresh = (verdict: Verdict | undefined, now: number): verdict is Verdict =>
    verdict !== undefined && now < verdict.validUntil && verdict.validUntil - now <= timeToLive(verdict);

  const keep = (key: string, { verdict, from }: FoundVerdict): void => {
    const now = clock();
    store.set(key, verdict, now);
    // Refusals are not shared: anybody can cause any number of them, with certificates made up on the spot.
    if (from === 'computed' && verdict.valid) void shared?.set(key, verdict, now);
  };

  const fly = (key: string, compute: Compute): Promise<FoundVerdict> => {
    const flight = find(key, compute)
      .then((found) => {
        // After clear() the flight is no longer listed, and what it found may rest on what was to be forgotten.
        if (flights.get(key) === flight) keep(key, found);
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
      if (isFresh(kept, now)) return { verdict: kept, from: store.name };
      return fly(key, compute);
    },
    clear() {
      flights.clear();
      store.clear();
    },
  };
}
