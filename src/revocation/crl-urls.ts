// Which addresses of revocation lists are followed, and what have they sent? Lives as long as the process, so that a
// reload forgets nothing.

import { LRUCache } from 'lru-cache';
import type { CertificateFacts, CrlFacts } from '../model/certificate.ts';
import {
  type AddressParts,
  type CrlAddress,
  type CrlAddressStatus,
  type FollowedAddress,
  followAddress,
} from './crl-address.ts';

export interface CrlUrls {
  /**
   * The addresses of the configuration now in force, and its authorities, which may sign lists. Resolves when each
   * address was asked once, or its time is over. Others that were followed before for the configuration are dropped.
   */
  follow(addresses: readonly CrlAddress[], authorities: readonly CertificateFacts[]): Promise<void>;
  /**
   * For an address in a certificate of a path that is verified, at a host that may be asked; `issuers` are those of the
   * path. undefined: `lists` has all there is to have now. Never rejects; from then on the address is followed.
   */
  fetchNow(address: CrlAddress, issuers: readonly CertificateFacts[]): Promise<void> | undefined;
  /** Its lists are in use for a certificate below these issuers: it stays followed, and they stay known. */
  noteUse(url: string, issuers: readonly CertificateFacts[]): void;
  /** What is known from an address now, fresh or not. */
  lists(url: string): readonly CrlFacts[];
  /** Why the last try failed; undefined when it did not. */
  problemOf(url: string): string | undefined;
  status(): readonly CrlAddressStatus[];
  close(): void;
}

export interface CrlUrlsInput extends Omit<AddressParts, 'authorities' | 'isInUse'> {
  /** Most octets of lists that addresses from certificates may hold together. */
  readonly maxAskedBytes?: number;
}

/** Addresses from certificates. An authority has one or two, but for those that split their lists. */
const MAX_ASKED = 64;
/** Five lists of a million entries. `maxListBytes` bounds one list, and an authority may name the same one 64 times. */
const MAX_ASKED_BYTES = 256 * 1024 ** 2;
/** One that no certificate asked for in this time is forgotten, ms. */
const UNUSED_MS = 24 * 3_600_000;
/** Issuers met in verified paths, some 1.5 KiB each. */
const MAX_ISSUERS = 256;

export function createCrlUrls(input: CrlUrlsInput): CrlUrls {
  const configured = new Map<string, FollowedAddress>();
  const asked = new LRUCache<string, { readonly followed: FollowedAddress; usedAt: number }>({
    max: MAX_ASKED,
    dispose: ({ followed }) => {
      followed.close();
      // Whoever goes on with lists that nobody renews any more would not hear of those that come.
      if (followed.lists.length > 0 && !isClosed) input.onNews();
    },
  });
  const issuersMet = new LRUCache<string, CertificateFacts>({ max: MAX_ISSUERS });
  let ownAuthorities: readonly CertificateFacts[] = [];
  let isClosed = false;
  const authorities = () => [...ownAuthorities, ...issuersMet.values()];

  const find = (url: string) => configured.get(url) ?? asked.peek(url)?.followed;
  const all = () => [...configured.values(), ...[...asked.values()].map(({ followed }) => followed)];

  function followConfigured(address: CrlAddress): FollowedAddress {
    const followed =
      configured.get(address.url) ?? followAddress(address, true, { ...input, authorities, isInUse: () => true });
    configured.set(address.url, followed);
    asked.delete(address.url);
    followed.terms = address;
    // Perhaps for want of an authority that is configured now.
    if (followed.lists.length === 0) followed.reconsider();
    return followed;
  }

  function followAsked(address: CrlAddress): FollowedAddress {
    const { url } = address;
    const usedAt = input.clock();
    const entry = asked.get(url);
    if (entry !== undefined) {
      entry.usedAt = usedAt;
      entry.followed.terms = address;
      return entry.followed;
    }
    const isInUse = () => {
      const isUsed = input.clock() - (asked.peek(url)?.usedAt ?? -Infinity) <= UNUSED_MS;
      if (!isUsed) asked.delete(url);
      return isUsed;
    };
    const onNews = () => {
      letGoOfTooMuch();
      input.onNews();
    };
    const followed = followAddress(address, false, { ...input, onNews, authorities, isInUse });
    asked.set(url, { followed, usedAt });
    return followed;
  }

  /** The least recently used first. */
  function letGoOfTooMuch(): void {
    const bytesOf = ({ lists }: FollowedAddress) => lists.reduce((sum, { der }) => sum + der.length, 0);
    const { maxAskedBytes = MAX_ASKED_BYTES } = input;
    let bytes = [...asked.values()].reduce((sum, { followed }) => sum + bytesOf(followed), 0);
    while (bytes > maxAskedBytes) {
      const dropped = asked.pop();
      if (dropped === undefined) return;
      bytes -= bytesOf(dropped.followed);
    }
  }

  /** Whether any of them was not known. */
  function meet(issuers: readonly CertificateFacts[]): boolean {
    const unknown = issuers.filter(({ fingerprint }) => issuersMet.get(fingerprint) === undefined);
    for (const issuer of unknown) issuersMet.set(issuer.fingerprint, issuer);
    return unknown.length > 0;
  }

  return {
    async follow(addresses, trusted) {
      ownAuthorities = trusted;
      const wanted = new Set(addresses.map(({ url }) => url));
      for (const [url, followed] of configured) {
        if (wanted.has(url)) continue;
        followed.close();
        configured.delete(url);
      }
      await Promise.all(addresses.map((address) => followConfigured(address).fetch()));
    },
    fetchNow(address, issuers) {
      const hasMetNew = meet(issuers);
      const followed = configured.get(address.url) ?? followAsked(address);
      // What came before may have been signed by one of them.
      if (hasMetNew && followed.lists.length === 0) followed.reconsider();
      return followed.fetch();
    },
    noteUse(url, issuers) {
      meet(issuers);
      const entry = asked.get(url);
      if (entry !== undefined) entry.usedAt = input.clock();
    },
    lists: (url) => find(url)?.lists ?? [],
    problemOf: (url) => find(url)?.problem,
    status: () => all().map((followed) => followed.status()),
    close() {
      isClosed = true;
      for (const followed of all()) followed.close();
      configured.clear();
      asked.clear();
    },
  };
}
