// One address of revocation lists: what it has sent, and when it is asked again.

import type { CertificateFacts, CrlFacts } from '../model/certificate.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import { adoptLists, type GenuineList } from './adopt-lists.ts';
import { nextRefreshAt, nextRetryAt } from './fetch-schedule.ts';
import { findGenuineLists, type ReadLists } from './genuine-lists.ts';
import type { Outbound, OutboundAnswer } from './outbound-types.ts';
import { nameAddress } from './web-address.ts';

/** Where lists are, and how they are fetched from there. */
export interface CrlAddress {
  /** http or https. */
  readonly url: string;
  readonly outbound: Outbound;
  readonly maxBytes: number;
  /** How long anybody waits for it, ms. The exchange itself may take longer, behind the back of requests. */
  readonly timeLimitMs: number;
  /** Longest pause between two fetches, ms. */
  readonly refreshMs: number;
}

export interface CrlAddressStatus {
  /** Without query. */
  readonly address: string;
  /** Named by the configuration, and not by a certificate. */
  readonly configured: boolean;
  readonly lists: readonly CrlFacts[];
  /** Milliseconds since the epoch; undefined: never. */
  readonly lastSuccessAt: number | undefined;
  readonly lastFailure: { readonly at: number; readonly why: string } | undefined;
  readonly nextTryAt: number;
  /** Since the last success. */
  readonly failures: number;
}

export interface CrlUrlsReports {
  /** `source`: the configured address without query, or `distribution-point`. */
  crlFetch(source: string, outcome: 'new' | 'unchanged' | 'older' | 'failed'): void;
}

export interface AddressParts {
  readonly readLists: ReadLists;
  /** Who may have signed lists, as far as is known now. */
  readonly authorities: () => readonly CertificateFacts[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly reports: CrlUrlsReports;
  readonly onNews: () => void;
  /** Asked before each refresh; where nobody uses it any more, the address is let go. */
  readonly isInUse: () => boolean;
}

export interface FollowedAddress {
  /** How it is fetched from now on. */
  terms: CrlAddress;
  readonly lists: readonly CrlFacts[];
  /**
   * Fetches unless that is of no use now. The promise never rejects, and is there only where waiting may help: not while
   * the lists are fresh, nor behind failures, when only the refresh in the background tries again.
   */
  fetch(): Promise<void> | undefined;
  /** What failed last, unless something succeeded since. */
  readonly problem: string | undefined;
  /** Something else has changed that may let the next try succeed: failures are forgotten. */
  reconsider(): void;
  status(): CrlAddressStatus;
  close(): void;
}

/** For the exchange: 100 MiB at 14 Mbit/s. */
const FETCH_TIME_LIMIT_MS = 60_000;
/** The longest that a timer of Node waits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function followAddress(first: CrlAddress, configured: boolean, parts: AddressParts): FollowedAddress {
  const { clock, random, log, reports } = parts;
  const address = nameAddress(first.url);
  const closing = new AbortController();
  let held: readonly GenuineList[] = [];
  /** When the first list of the last good answer ends. */
  let freshUntil = -Infinity;
  let validators: Readonly<Record<string, string>> = {};
  let flight: { readonly done: Promise<void>; readonly startedAt: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let lastSuccessAt: number | undefined;
  let lastFailure: CrlAddressStatus['lastFailure'];
  let failures = 0;
  let nextTryAt = -Infinity;

  const followed: FollowedAddress = {
    terms: first,
    get lists() {
      return held.map(({ crl }) => crl);
    },
    get problem() {
      return failures > 0 ? lastFailure?.why : undefined;
    },
    fetch() {
      const now = clock();
      if (now < freshUntil || (flight === undefined && now < nextTryAt)) return undefined;
      const { done, startedAt } = start();
      const waitMs = startedAt + followed.terms.timeLimitMs - now;
      return failures > 0 || waitMs <= 0 ? undefined : withinTime(done, waitMs);
    },
    reconsider() {
      failures = 0;
      nextTryAt = -Infinity;
    },
    status: () => ({
      address,
      configured,
      lists: followed.lists,
      lastSuccessAt,
      lastFailure,
      nextTryAt,
      failures,
    }),
    close() {
      closing.abort();
      clearTimeout(timer);
    },
  };

  function start(): { readonly done: Promise<void>; readonly startedAt: number } {
    clearTimeout(timer);
    flight ??= {
      startedAt: clock(),
      done: fly().finally(() => {
        flight = undefined;
      }),
    };
    return flight;
  }

  async function fly(): Promise<void> {
    try {
      await take(await ask());
    } catch (err) {
      log.error({ err, address }, 'a revocation list could not be processed');
      fail('what came could not be processed');
    }
    if (closing.signal.aborted) return;
    const delay = Math.min(Math.max(0, nextTryAt - clock()), LONGEST_TIMER_MS);
    timer = setTimeout(() => parts.isInUse() && start(), delay).unref();
  }

  function ask(): Promise<OutboundAnswer> {
    const { url, maxBytes, outbound } = followed.terms;
    // A list that has run out is wanted from its origin: what a cache on the way holds is as old as ours.
    const headers = clock() < freshUntil ? validators : { 'cache-control': 'no-cache' };
    const { signal } = closing;
    return outbound({ url, method: 'GET', headers, maxBytes, timeLimitMs: FETCH_TIME_LIMIT_MS, signal });
  }

  async function take(answer: OutboundAnswer): Promise<void> {
    if (!answer.ok) return fail(answer.why);
    if (answer.status === 304) return succeed('unchanged');
    const sent = await findGenuineLists(answer.body, parts.readLists, parts.authorities());
    if (!sent.ok) return fail(sent.why);
    if (closing.signal.aborted) return;
    const { lists, hasNews, older } = adoptLists(held, sent.lists, clock());
    held = lists;
    if (hasNews) parts.onNews();
    const [old] = older;
    if (old !== undefined) {
      return fail(`an older list of ${formatRfc4514(old.issuer)} came than the one known`, 'older');
    }
    freshUntil = Math.min(...sent.lists.map(({ crl }) => crl.nextUpdate ?? Infinity));
    validators = validatorsOf(answer);
    succeed(hasNews ? 'new' : 'unchanged');
  }

  const source = () => (configured ? address : 'distribution-point');
  const pause = () => ({ now: clock(), refreshMs: followed.terms.refreshMs, random });

  function succeed(outcome: 'new' | 'unchanged'): void {
    if (failures > 0) log.info({ address }, 'revocation lists come from the address again');
    failures = 0;
    lastSuccessAt = clock();
    nextTryAt = nextRefreshAt(freshUntil, pause());
    reports.crlFetch(source(), outcome);
  }

  function fail(why: string, outcome: 'older' | 'failed' = 'failed'): void {
    if (closing.signal.aborted) return;
    failures++;
    lastFailure = { at: clock(), why };
    nextTryAt = nextRetryAt(failures, pause());
    reports.crlFetch(source(), outcome);
    const level = failures === 1 ? 'warn' : 'debug';
    log[level]({ address, why, failures }, 'no new revocation list from the address; what is known stays');
  }

  return followed;
}

/** RFC 9110 13.1. */
function validatorsOf({ etag, lastModified }: Extract<OutboundAnswer, { ok: true }>): Record<string, string> {
  return {
    ...(etag !== undefined && { 'if-none-match': etag }),
    ...(lastModified !== undefined && { 'if-modified-since': lastModified }),
  };
}

function withinTime(work: Promise<void>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  void work.then(resolve);
  return promise.finally(() => clearTimeout(timer));
}
