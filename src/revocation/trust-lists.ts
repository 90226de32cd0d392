// Which lists does a trust store have now? Those of its files, of its addresses, and of distribution points it has met.

import { LRUCache } from 'lru-cache';
import type { CertificateFacts, CrlFacts } from '../model/certificate.ts';
import { urisOfPoints } from '../x509/distribution-points.ts';
import type { Lists } from './check.ts';
import type { CrlAddress } from './crl-address.ts';
import { type CrlStore, createCrlStore } from './crl-store.ts';
import type { CrlUrls } from './crl-urls.ts';
import type { RevocationOptions } from './options.ts';
import type { NoteSkipped } from './skipped-addresses.ts';
import { findObjection, nameAddress } from './web-address.ts';

export interface TrustLists extends Lists {
  /** All of them, now. */
  held(): readonly CrlFacts[];
}

export interface TrustListsInput {
  readonly options: RevocationOptions;
  /** Of files, and of other replicas. */
  readonly crls: readonly CrlFacts[];
  readonly authorities: readonly CertificateFacts[];
  /** Addresses that the configuration names. */
  readonly configured: readonly string[];
  readonly urls: CrlUrls;
  /** Goes up whenever an address has sent another list. */
  readonly news: () => number;
  /** How an address is fetched. */
  readonly addressOf: (url: string) => CrlAddress;
  readonly noteSkipped: NoteSkipped;
}

/** Addresses of distribution points whose lists count. As many as are followed. */
const MAX_MET = 64;
/** Addresses asked for one certificate, and for the deltas of its lists. Authorities name one or two. */
const MAX_POINTS = 8;

export function createTrustLists(input: TrustListsInput): TrustLists {
  const { options, crls, authorities, configured, urls, news, addressOf, noteSkipped } = input;
  const met = new LRUCache<string, true>({ max: MAX_MET });
  let held = crls;
  let store = createCrlStore({ crls, authorities });
  let seen: number | undefined;

  /** Made anew only when a list has come or gone: asked with each request. */
  function current(): CrlStore {
    const now = news();
    if (seen === now) return store;
    seen = now;
    const fetched = [...configured, ...met.keys()].flatMap((url) => urls.lists(url));
    const all = [...crls, ...fetched];
    if (all.length === held.length && all.every((crl, index) => crl === held[index])) return store;
    held = all;
    store = createCrlStore({ crls: all, authorities });
    return store;
  }

  /** What may be asked of the addresses that somebody else has written. */
  function allowed(addresses: readonly string[]): string[] {
    const found = [...new Set(addresses)].filter((url) => {
      const why = findObjection(url, options.allowHosts);
      if (why !== undefined) noteSkipped(url, why);
      return why === undefined;
    });
    return found.slice(0, MAX_POINTS);
  }

  async function fetchAll(addresses: readonly string[], issuers: readonly CertificateFacts[]): Promise<string[]> {
    await Promise.all(addresses.map((url) => urls.fetchNow(addressOf(url), issuers)));
    for (const url of addresses) {
      // Another trust store may have met it before, and then there are no news.
      if (!met.has(url)) seen = undefined;
      met.set(url, true);
    }
    return addresses.flatMap((url) => {
      const problem = urls.problemOf(url);
      return problem === undefined ? [] : [`${nameAddress(url)}: ${problem}`];
    });
  }

  /** A base list says where its deltas are (RFC 5280 5.2.6); AD CS says it only there. */
  function deltasOf(bases: readonly string[]): string[] {
    return bases.flatMap((url) => urls.lists(url)).flatMap((crl) => urisOfPoints(crl.freshestCrl));
  }

  return {
    current,
    held() {
      current();
      return held;
    },
    noteUse(path) {
      if (met.size === 0) return;
      for (const [index, certificate] of path.slice(0, -1).entries()) {
        const bases = addressesIn(certificate);
        for (const url of [...bases, ...deltasOf(bases)]) {
          if (met.get(url)) urls.noteUse(url, path.slice(index + 1));
        }
      }
    },
    fetchFor(path, index) {
      const certificate = path[index];
      if (!options.cdp || certificate === undefined) return undefined;
      const bases = allowed(addressesIn(certificate));
      if (bases.length === 0) return undefined;
      const issuers = path.slice(index + 1);
      return fetchAll(bases, issuers).then(async (problems) => {
        const deltas = allowed(deltasOf(bases)).filter((url) => !bases.includes(url));
        return deltas.length === 0 ? problems : [...problems, ...(await fetchAll(deltas, issuers))];
      });
    },
  };
}

function addressesIn({ known: { crlDistributionPoints, freshestCrl } }: CertificateFacts): string[] {
  return urisOfPoints([...crlDistributionPoints, ...freshestCrl]);
}
