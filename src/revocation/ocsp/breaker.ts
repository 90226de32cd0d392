// May this responder be asked now? One that failed several times in a row is left alone, but for one request at times.

import { LRUCache } from 'lru-cache';
import type { Clock } from '../../model/clock.ts';
import type { Log } from '../../model/log.ts';

export interface OcspBreaker {
  /**
   * Whoever gets true asks, and notes what came of it. `issuer`: of the certificate asked about, by its key. What fails
   * for certificates of one authority, which names the address, says nothing of the others at the same host.
   */
  mayAsk(host: string, issuer: string): boolean;
  note(host: string, issuer: string, succeeded: boolean): void;
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
    mayAsk(host, issuer) {
      const state = failing.get(keyOf(host, issuer));
      if (state === undefined || state.failures < MAX_FAILURES) return true;
      if (clock() < state.retryAt) return false;
      // The one who tries; the others wait for what comes of it.
      state.retryAt = clock() + PAUSE_MS;
      return true;
    },
    note(host, issuer, succeeded) {
      const key = keyOf(host, issuer);
      const { failures } = failing.get(key) ?? { failures: 0 };
      if (succeeded) {
        failing.delete(key);
        if (failures >= MAX_FAILURES) log.info({ responder: host }, 'an OCSP responder answers again');
        return;
      }
      failing.set(key, { failures: failures + 1, retryAt: clock() + PAUSE_MS });
      if (failures + 1 === MAX_FAILURES) log.warn({ responder: host }, 'an OCSP responder is left alone for a while');
    },
  };
}

function keyOf(host: string, issuer: string): string {
  return `${issuer} ${host}`;
}
