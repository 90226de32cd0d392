// What was decided lately? The last requests, in places that are used again and again: noting one makes nothing new.

import type { Evidence } from '../model/evidence.ts';

/** One request. Times in ms; what came from its client is as it came, to be made visible by whoever shows it. */
export interface RecentDecision {
  /** Counts all requests of the process, from 1. */
  readonly number: number;
  /** When it was over, since the epoch. */
  readonly at: number;
  readonly requestId: string;
  readonly clientAddress: string;
  readonly host: string;
  readonly method: string;
  /** Canonical; where there is no such form, as asked for and with its query. */
  readonly path: string;
  /** 0: broken off without an answer. */
  readonly status: number;
  readonly ms: number;
  readonly decision: 'allow' | 'deny';
  readonly code: string | undefined;
  readonly check: string | undefined;
  readonly note: string | undefined;
  readonly rule: string | undefined;
  readonly account: string | undefined;
  /** What report-only settings would have done; a code of a refusal, or `allow`. */
  readonly reportOnly: string | undefined;
  readonly verdictFrom: string | undefined;
  /** Of its connection; undefined where no certificate was read, or one too large to be kept. */
  readonly evidence: Evidence | undefined;
}

export type Noted = { -readonly [K in Exclude<keyof RecentDecision, 'number'>]: RecentDecision[K] };
type Place = { -readonly [K in keyof RecentDecision]: RecentDecision[K] };

export interface RecentDecisions {
  /** The place of the next one: every field is to be set, at once. */
  next(): Noted;
  /** Number of the newest; 0 before the first. */
  readonly newest: number;
  /** Those that satisfy the condition, the newest first. */
  find(isWanted: (decision: RecentDecision) => boolean, limit: number): RecentDecision[];
  /** Those after a number, the oldest first; older ones than are kept are missing. */
  after(number: number, limit: number): RecentDecision[];
}

const EMPTY: Place = {
  number: 0,
  at: 0,
  requestId: '',
  clientAddress: '',
  host: '',
  method: '',
  path: '',
  status: 0,
  ms: 0,
  decision: 'deny',
  code: undefined,
  check: undefined,
  note: undefined,
  rule: undefined,
  account: undefined,
  reportOnly: undefined,
  verdictFrom: undefined,
  evidence: undefined,
};

/** `kept`: how many; at a thousand requests a second 1,000 are the last second, on most gateways some minutes. */
export function createRecentDecisions(kept: number): RecentDecisions {
  const places = Array.from({ length: kept }, (): Place => ({ ...EMPTY }));
  let newest = 0;

  function placeOf(number: number): Place {
    return places[number % kept] ?? unreachable();
  }

  return {
    next() {
      newest++;
      const place = placeOf(newest);
      place.number = newest;
      return place;
    },
    get newest() {
      return newest;
    },
    find(isWanted, limit) {
      const found: RecentDecision[] = [];
      for (let number = newest; number > Math.max(0, newest - kept) && found.length < limit; number--) {
        const place = placeOf(number);
        // Copied: the place is used again while the answer is on its way.
        if (isWanted(place)) found.push({ ...place });
      }
      return found;
    },
    after(number, limit) {
      const first = Math.max(number, newest - kept) + 1;
      const last = Math.min(newest, first + limit - 1);
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => ({ ...placeOf(first + index) }));
    },
  };
}

function unreachable(): never {
  throw new Error('unreachable');
}
