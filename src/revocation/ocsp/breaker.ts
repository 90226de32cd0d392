// May this responder be asked now? One that failed several times in a row is left alone, but for one request at times.

import { LRUCache } from 'lru-cache';
import type { Clock } from '../../model/clock.ts';
import type { Log } from '../../model/log.ts';

export interface OcspBreaker {
  /** Whoever gets true asks, and notes what came of it. */
  mayAsk(host: string): boolean;
  note(host: string, succeeded: boolean): void;
}

interface Failing {
  failures: number;
  /** From then on one may try again, ms since the epoch. */
  retryAt: number;
}

/** Failures in a row after which a responder is left alone. */
const MAX_FAILURES = 3;

/** How long: a restart of a responder takes longer, and nobody should wait more for one that is back. */
const PAUSE_MS = 10_000;

/** Responders are named by `allowHosts`; with a pattern in it, by certificates of its authorities. */
const MAX_HOSTS = 1_000;

export function createOcspBreaker(clock: Clock, log: Log): OcspBreaker {
  const failing = new LRUCache<string, Failing>({ max: MAX_HOSTS });
  return {
    mayAsk(host) {
      const state = failing.get(host);
      if (state === undefined || state.failures < MAX_FAILURES) return true;
      if (clock() < state.retryAt) return false;
      // The one who tries; the others wait for what comes of it.
      state.retryAt = clock() + PAUSE_MS;
      return true;
    },
    note(host, succeeded) {
      const { failures } = failing.get(host) ?? { failures: 0 };
      if (succeeded) {
        failing.delete(host);
        if (failures >= MAX_FAILURES) log.info({ responder: host }, 'an OCSP responder answers again');
        return;
      }
      failing.set(host, { failures: failures + 1, retryAt: clock() + PAUSE_MS });
      if (failures + 1 === MAX_FAILURES) log.warn({ responder: host }, 'an OCSP responder is left alone for a while');
    },
  };
}
