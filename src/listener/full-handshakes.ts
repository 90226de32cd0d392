// Whose next handshake has to be a full one? A client whose session could not be judged from its leaf would offer that
// session again, and TLS 1.3 knows no way to refuse a single one.

import { LRUCache } from 'lru-cache';

export interface FullHandshakes {
  /** From now on and until every session of today has ended. */
  demand(address: string): void;
  isDemanded(address: string): boolean;
}

/** As many as there may be connections by default. Who is forgotten is refused once more, and then noted again. */
const MAX_ADDRESSES = 10_000;

/** By address: nothing else of a client is known before its handshake. Others behind it pay with time and not with answers. */
export function createFullHandshakes(lifetimeMs: () => number): FullHandshakes {
  const addresses = new LRUCache<string, true>({ max: MAX_ADDRESSES });
  return {
    demand(address) {
      addresses.set(address, true, { ttl: lifetimeMs() });
    },
    isDemanded: (address) => addresses.has(address),
  };
}
