// What do the revocation lists that are known say about a path?

import { hash } from 'node:crypto';
import type { CertificateFacts, CrlFacts } from '../model/certificate.ts';
import type { RevocationAnswer } from '../model/verdict.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import { checkSignature } from '../x509/signature.ts';
import { answerFrom } from './crl-answer.ts';
import { findCrlDefect, findIssuerDefect } from './usable-crl.ts';

export interface CrlStore {
  /**
   * One answer for each certificate of a verified path but its anchor, leaf first. `at` and `maxStale` in ms; a list
   * counts until its nextUpdate plus `maxStale`.
   */
  readonly answersFor: (path: readonly CertificateFacts[], at: number, maxStale: number) => readonly RevocationAnswer[];
  /** When the next list of an issuer of the path begins to count, after `at`; Infinity when none is to come. All in ms. */
  readonly nextListAfter: (path: readonly CertificateFacts[], at: number) => number;
  /** SHA-256 over the content of all lists, lower-case hex. */
  readonly generation: string;
  /** For the operator: lists that cannot be used. */
  readonly notes: readonly string[];
}

export interface CrlStoreInput {
  readonly crls: readonly CrlFacts[];
  /** Issuers known from the start, so that their lists are checked before the first client comes. */
  readonly authorities: readonly CertificateFacts[];
}

/** Signature results kept per list. Only keys of verified issuers of the same name get here: re-keyed authorities. */
const MAX_KEYS_PER_LIST = 64;

/** A list with what its signature was found to be, by SHA-256 of the issuer's key (design rule 11). */
interface KnownCrl {
  readonly crl: CrlFacts;
  readonly defect: string | undefined;
  readonly signatures: Map<string, string | undefined>;
}

export function createCrlStore({ crls, authorities }: CrlStoreInput): CrlStore {
  const hashes = new Map(crls.map((crl) => [hash('sha256', crl.der, 'hex'), crl]));
  const known: KnownCrl[] = [...hashes.values()].map((crl) => ({
    crl,
    defect: findCrlDefect(crl),
    signatures: new Map(),
  }));
  const byIssuer = Map.groupBy(known, ({ crl }) => crl.issuer.matchKey);

  function answerFor(certificate: CertificateFacts, issuer: CertificateFacts, at: number, maxStale: number) {
    const lists = byIssuer.get(issuer.subject.matchKey) ?? [];
    const judged = lists.map((list) => ({ crl: list.crl, problem: findProblem(list, issuer) }));
    return answerFrom(judged, { certificate, issuer, at, maxStale });
  }

  return {
    answersFor: (path, at, maxStale) =>
      path.slice(0, -1).map((certificate, index) => {
        const issuer = path[index + 1] as CertificateFacts;
        return answerFor(certificate, issuer, at, maxStale);
      }),
    nextListAfter(path, at) {
      const lists = path.slice(1).flatMap(({ subject }) => byIssuer.get(subject.matchKey) ?? []);
      return Math.min(Infinity, ...lists.map(({ crl }) => crl.thisUpdate).filter((begin) => begin > at));
    },
    generation: hash('sha256', [...hashes.keys()].sort().join('\n'), 'hex'),
    notes: known.flatMap((list) => noteOn(list, authorities)),
  };
}

/** Why a list does not count for this issuer; undefined when it does. */
function findProblem({ crl, defect, signatures }: KnownCrl, issuer: CertificateFacts): string | undefined {
  const problem = defect ?? findIssuerDefect(crl, issuer);
  if (problem !== undefined) return problem;
  const { spkiHash } = issuer.publicKey;
  if (!signatures.has(spkiHash)) {
    if (signatures.size >= MAX_KEYS_PER_LIST) signatures.clear();
    const failed = checkSignature(crl, issuer.publicKey);
    signatures.set(spkiHash, failed === undefined ? undefined : `is not signed by the issuer’s key (${failed})`);
  }
  return signatures.get(spkiHash);
}

function noteOn(list: KnownCrl, authorities: readonly CertificateFacts[]): string[] {
  const name = formatRfc4514(list.crl.issuer);
  if (list.defect !== undefined) return [`CRL of ${name} cannot be used: it ${list.defect}`];
  const namesakes = authorities.filter(({ subject }) => subject.matchKey === list.crl.issuer.matchKey);
  const problems = namesakes.map((issuer) => findProblem(list, issuer));
  if (problems.includes(undefined)) return [];
  const why = problems[0] === undefined ? 'no authority of this name is in the trust store' : `it ${problems[0]}`;
  return [`CRL of ${name} counts for no authority of the trust store: ${why}`];
}
