// Lists that every process of a gateway wants at the same time, fetched once.

import { LRUCache } from 'lru-cache';
import type { Outbound, OutboundAnswer } from '../../revocation/outbound-types.ts';
import type { ListRequest } from './protocol.ts';

/** `who`: the process that asks. */
export type SharedFetch = (who: object, request: ListRequest) => Promise<OutboundAnswer>;

interface Fetched {
  readonly answer: Promise<OutboundAnswer>;
  /** Who has it asks for a newer one. */
  readonly takenBy: WeakSet<object>;
}

/** For those who come a little later: they start together, and have the same times for looking again. */
const KEPT_MS = 30_000;
/** More addresses than a configuration has, with those of its certificates. */
const MOST_KEPT = 256;

export function createSharedFetches(outboundOf: (proxy: string | undefined) => Outbound): SharedFetch {
  const kept = new LRUCache<string, Fetched>({ max: MOST_KEPT, ttl: KEPT_MS, ttlAutopurge: true });
  return async (who, { proxy, ...request }) => {
    const { url, headers, maxBytes } = request;
    const key = JSON.stringify([proxy, url, headers, maxBytes]);
    let fetched = kept.get(key);
    if (fetched === undefined || fetched.takenBy.has(who)) {
      fetched = { answer: outboundOf(proxy)(request), takenBy: new WeakSet() };
      kept.set(key, fetched);
    }
    fetched.takenBy.add(who);
    const answer = await fetched.answer;
    // Whoever reads a large list hands its bytes over to a thread.
    return answer.ok ? { ...answer, body: new Uint8Array(answer.body) } : answer;
  };
}
