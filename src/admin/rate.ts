// How often may somebody ask? A bucket for each, which fills again evenly.

import { LRUCache } from 'lru-cache';
import { Pace } from '../limits/pace.ts';

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
  const buckets = new LRUCache<string, Pace>({ max: MAX_BUCKETS });
  return {
    take(who, now) {
      let bucket = buckets.get(who);
      if (bucket === undefined) {
        bucket = new Pace(perSecond, (burst / perSecond) * 1000);
        buckets.set(who, bucket);
      }
      return bucket.take(now);
    },
  };
}
