// How often may somebody ask? A bucket for each, which fills again evenly.

import { LRUCache } from 'lru-cache';

export interface RateLimit {
  /** How many at once. */
  readonly burst: number;
  readonly perSecond: number;
}

export interface Rate {
  /** Whether one more is within the limit; counts it where it is. `now`: ms, monotonic. */
  take(who: string, now: number): boolean;
}

/** Whoever has not asked for longest is forgotten first, and begins with a full bucket. */
const MAX_BUCKETS = 1_000;

export function createRate({ burst, perSecond }: RateLimit): Rate {
  const buckets = new LRUCache<string, { left: number; at: number }>({ max: MAX_BUCKETS });
  return {
    take(who, now) {
      const bucket = buckets.get(who) ?? { left: burst, at: now };
      buckets.set(who, bucket);
      bucket.left = Math.min(burst, bucket.left + ((now - bucket.at) / 1000) * perSecond);
      bucket.at = now;
      if (bucket.left < 1) return false;
      bucket.left--;
      return true;
    },
  };
}
