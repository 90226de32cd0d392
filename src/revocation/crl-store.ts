// What do the revocation lists that are known say about a path?

import { hash } from 'node:crypto';
import type { CertificateFacts, CrlFacts, PublicKeyFacts } from '../model/certificate.ts';
import type { RevocationAnswer } from '../model/verdict.ts';
import { answerFrom } from './crl-answer.ts';
import { type CrlSignature, checkCrlSignature } from './crl-signature.ts';
import { judgeLists } from './judge-lists.ts';

export interface CrlStore {
  /**
   * One answer for each certificate of a verified path but its anchor, leaf first. `at` and `maxStale` in ms; a list
   * counts until its nextUpdate plus `maxStale`. At once, but where the signature of a large list has to be checked first.
   */
  readonly answersFor: (
    path: readonly CertificateFacts[],
    at: number,
    maxStale: number,
  ) => readonly RevocationAnswer[] | Promise<readonly RevocationAnswer[]>;
  /** When the next list of an issuer of the path begins to count, after `at`; Infinity when none is to come. All in ms. */
  readonly nextListAfter: (path: readonly CertificateFacts[], at: number) => number;
  /** SHA-256 over the content of all lists, lower-case hex. */
  readonly generation: string;
}

export interface CrlStoreInput {
  readonly crls: readonly CrlFacts[];
  /** Those of the trust store: among them may be other keys of an issuer. */
  readonly authorities: readonly CertificateFacts[];
}

export function createCrlStore({ crls, authorities }: CrlStoreInput): CrlStore {
  const known = new Map(crls.map((crl) => [crl.fingerprint, crl]));
  const byIssuer = Map.groupBy(known.values(), ({ issuer }) => issuer.matchKey);
  const listsOf = ({ subject }: CertificateFacts) => byIssuer.get(subject.matchKey) ?? [];

  const answersFor: CrlStore['answersFor'] = (path, at, maxStale) => {
    const waiting: Promise<unknown>[] = [];
    const checkSignature = (crl: CrlFacts, key: PublicKeyFacts): CrlSignature => {
      const signature = checkCrlSignature(crl, key);
      if (!(signature instanceof Promise)) return signature;
      waiting.push(signature);
      return 'signature-wrong';
    };
    const answers = path.slice(0, -1).map((certificate, index) => {
      const judged = judgeLists({ path, index, authorities, at, listsOf, checkSignature });
      return answerFrom(judged, { certificate, issuer: path[index + 1] as CertificateFacts, at, maxStale });
    });
    // Then every signature met is known; with it a list may count, and spare others their check, or need it.
    return waiting.length === 0 ? answers : Promise.all(waiting).then(() => answersFor(path, at, maxStale));
  };

  return {
    answersFor,
    nextListAfter(path, at) {
      const lists = path.slice(1).flatMap(listsOf);
      return Math.min(Infinity, ...lists.map(({ thisUpdate }) => thisUpdate).filter((begin) => begin > at));
    },
    generation: hash('sha256', [...known.keys()].sort().join('\n'), 'hex'),
  };
}
