// Which intermediates were once in a verified path? A resumed session comes without those that its client has sent.

import { LRUCache } from 'lru-cache';
import type { CertificateFacts } from '../model/certificate.ts';

/**
 * The pool of design rule 3, for one trust store. It only helps to find a path: what is found is validated anew, so that
 * an intermediate that has expired since, or is revoked, does no harm by being here.
 */
export interface VerifiedIntermediates {
  /** `path`: verified, leaf first, anchor last. */
  remember(path: readonly CertificateFacts[]): void;
  /** Those that may stand above the certificate, judged by names. */
  above(leaf: CertificateFacts): readonly CertificateFacts[];
  /** Goes up whenever another certificate is remembered: a verdict made with the pool holds for one version of it. */
  readonly version: number;
}

/** Only certificates of authorities under an anchor get here; some 1.5 KiB each. */
const MAX_INTERMEDIATES = 256;

export function createVerifiedIntermediates(max: number = MAX_INTERMEDIATES): VerifiedIntermediates {
  const known = new LRUCache<string, CertificateFacts>({ max });
  let version = 0;
  return {
    get version() {
      return version;
    },
    remember(path) {
      for (const certificate of path.slice(1, -1)) {
        if (known.get(certificate.fingerprint) !== undefined) continue;
        known.set(certificate.fingerprint, certificate);
        version++;
      }
    },
    above(leaf) {
      const bySubject = Map.groupBy(known.values(), ({ subject }) => subject.matchKey);
      const found = new Set<CertificateFacts>();
      const climb = ({ issuer }: CertificateFacts): void => {
        for (const certificate of bySubject.get(issuer.matchKey) ?? []) {
          if (found.has(certificate)) continue;
          found.add(certificate);
          climb(certificate);
        }
      };
      climb(leaf);
      return [...found];
    },
  };
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
