// Which intermediates were once in a verified path? A resumed session comes without those that its client has sent.

import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { CertificateFacts } from '../model/certificate.ts';

/**
 * The pool of design rule 3, for one trust store. It only helps to find a path: what is found is validated anew, so that
 * an intermediate that has expired since, or is revoked, does no harm by being here.
 */
export interface VerifiedIntermediates {
  /** `path`: verified, leaf first, anchor last. */
  remember(path: readonly CertificateFacts[]): void;
  /** Those that may stand above the certificate, judged by names; the nearest first, and no more than `most`. */
  above(leaf: CertificateFacts, most: number): readonly CertificateFacts[];
  /**
   * Another one whenever a certificate is remembered: a verdict made with the pool holds for one state of it. No other pool
   * has the same, for verdicts are shared by replicas, and pools are not.
   */
  readonly state: string;
}

/** Only certificates of authorities under an anchor get here; some 1.5 KiB each. */
const MAX_INTERMEDIATES = 256;

export function createVerifiedIntermediates(max: number = MAX_INTERMEDIATES): VerifiedIntermediates {
  const known = new LRUCache<string, CertificateFacts>({ max });
  let state: string = randomUUID();
  return {
    get state() {
      return state;
    },
    remember(path) {
      for (const certificate of path.slice(1, -1)) {
        if (known.get(certificate.fingerprint) !== undefined) continue;
        known.set(certificate.fingerprint, certificate);
        state = randomUUID();
      }
    },
    above(leaf, most) {
      const bySubject = Map.groupBy(known.values(), ({ subject }) => subject.matchKey);
      const found = new Set<CertificateFacts>();
      // A set is walked in the order in which it grows: level by level.
      const lower = new Set([leaf]);
      for (const certificate of lower) {
        const issuers = bySubject.get(certificate.issuer.matchKey) ?? [];
        for (const issuer of issuers.toSorted((a, b) => orderByKeyId(certificate, a) - orderByKeyId(certificate, b))) {
          found.add(issuer);
          lower.add(issuer);
          if (found.size === most) return [...found];
        }
      }
      return [...found];
    },
  };
}

/** The one whose key identifier is named comes first: others of the name must not push it out. */
function orderByKeyId({ known: { authorityKeyId } }: CertificateFacts, { known: { subjectKeyId } }: CertificateFacts) {
  return authorityKeyId !== undefined && authorityKeyId === subjectKeyId ? 0 : 1;
}

/** Trust stores by content: those in force, and some that were, so that a reload that is taken back costs nothing. */
const MAX_POOLS = 64;

/** Pools that outlive a reload: they belong to what a trust store holds, not to its name. */
export function createIntermediatePools(): (contentHash: string) => VerifiedIntermediates {
  const pools = new LRUCache<string, VerifiedIntermediates>({ max: MAX_POOLS });
  return (contentHash) => {
    const pool = pools.get(contentHash) ?? createVerifiedIntermediates();
    pools.set(contentHash, pool);
    return pool;
  };
}
