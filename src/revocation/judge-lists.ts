// Which of the known lists speak of this certificate? Those of its issuer's own key; without one, those of its other keys.

import type { CertificateFacts, CrlFacts, PublicKeyFacts } from '../model/certificate.ts';
import type { JudgedCrl } from './crl-answer.ts';
import { findScope } from './crl-scope.ts';
import type { CrlSignature } from './crl-signature.ts';
import { coversOneKeyOnly, findOtherSigners } from './crl-signers.ts';
import { findCrlDefect, findIssuerDefect } from './usable-crl.ts';

export interface ListsQuestion {
  /** Verified; leaf first, anchor last. */
  readonly path: readonly CertificateFacts[];
  /** Place of the certificate in the path. */
  readonly index: number;
  readonly authorities: readonly CertificateFacts[];
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly listsOf: (issuer: CertificateFacts) => readonly CrlFacts[];
  readonly checkSignature: (crl: CrlFacts, key: PublicKeyFacts) => CrlSignature;
}

/**
 * A serial number belongs to its issuer's key (design rule 11). So, where the issuer's own key has signed a list that covers
 * the certificate, it alone counts, even when it has run out. Only without one may the authority's other keys answer
 * (RFC 5280 6.3.3 (f)), and not where the authority writes a list for each key.
 */
export function judgeLists(question: ListsQuestion): readonly JudgedCrl[] {
  const { path, index, listsOf, checkSignature } = question;
  const certificate = path[index] as CertificateFacts;
  const issuer = path[index + 1] as CertificateFacts;
  const lists = listsOf(issuer).map((crl) => ({ crl, scope: findCrlDefect(crl) ?? findScope(crl, certificate) }));
  const judgeUnder = (signer: CertificateFacts) =>
    lists.map(({ crl, scope }): JudgedCrl => {
      if (typeof scope === 'string') return { crl, problem: scope };
      const problem = findSignerDefect(crl, signer, checkSignature);
      return problem === undefined ? { crl, signer: signer.publicKey.spkiHash, reasons: scope } : { crl, problem };
    });
  const own = judgeUnder(issuer);
  if (own.some(({ problem }) => problem === undefined) || coversOneKeyOnly(issuer)) return own;
  const foreign = findOtherSigners({ ...question, issuerIndex: index + 1, isWithdrawn: createWithdrawnCheck(question) })
    .flatMap(judgeUnder)
    .filter(({ crl, problem }) => problem === undefined && !coversOneKeyOnly(crl));
  return foreign.length > 0 ? foreign : own;
}

function findSignerDefect(
  crl: CrlFacts,
  signer: CertificateFacts,
  checkSignature: ListsQuestion['checkSignature'],
): string | undefined {
  const defect = findIssuerDefect(crl, signer);
  if (defect !== undefined) return defect;
  const signature = checkSignature(crl, signer.publicKey);
  return signature === 'right' ? undefined : `is not signed by the issuer’s key (${signature})`;
}

/** In doubt it is: any list of the issuer's key that names the certificate, whatever its age and scope. */
function createWithdrawnCheck({ listsOf, checkSignature }: ListsQuestion) {
  return (certificate: CertificateFacts, issuer: CertificateFacts): boolean =>
    listsOf(issuer).some(
      (crl) =>
        crl.entries.get(certificate.serial) !== undefined &&
        findSignerDefect(crl, issuer, checkSignature) === undefined,
    );
}
