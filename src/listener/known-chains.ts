// Were these certificates shown before? Clients come again, on many connections: what they show is kept once, and so is
// what is found out about it.

import { LRUCache } from 'lru-cache';

/** DER. Compared byte by byte, so that the same bytes are the same arrays. */
export interface Chain {
  readonly leaf: Uint8Array;
  readonly presented: readonly Uint8Array[];
}

export interface KnownChains {
  /** The chain, as it was given before where it was. */
  of(leaf: Uint8Array, presented: readonly Uint8Array[]): Chain;
}

/** Those of some thousands of clients. Who shows a new one each time only makes others be kept more than once. */
const MOST_BYTES = 8 * 1024 * 1024;
/** A larger one is a stranger's. */
const LARGEST_BYTES = 16 * 1024;
/** The end of a signature, which differs from certificate to certificate. */
const TELLING_BYTES = 16;

export function createKnownChains(): KnownChains {
  const known = new LRUCache<string, Chain>({
    maxSize: MOST_BYTES,
    maxEntrySize: LARGEST_BYTES,
    sizeCalculation: ({ leaf, presented }) => presented.reduce((sum, each) => sum + each.length, leaf.length),
  });
  return {
    of(leaf, presented) {
      const end = Buffer.from(leaf.buffer, leaf.byteOffset, leaf.length).toString(
        'latin1',
        leaf.length - TELLING_BYTES,
      );
      const found = known.get(end);
      if (found !== undefined && isSame(found, leaf, presented)) return found;
      const chain = { leaf, presented: Object.freeze(presented) };
      known.set(end, chain);
      return chain;
    },
  };
}

function isSame(chain: Chain, leaf: Uint8Array, presented: readonly Uint8Array[]): boolean {
  return (
    Buffer.compare(chain.leaf, leaf) === 0 &&
    chain.presented.length === presented.length &&
    chain.presented.every((each, index) => Buffer.compare(each, presented[index] ?? leaf) === 0)
  );
}
