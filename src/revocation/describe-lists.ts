// Which lists are there, of what age, and does each count for anybody? For the operator, explain and metrics.

import type { CertificateFacts, CrlFacts } from '../model/certificate.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import { endOf } from './crl-order.ts';
import { checkCrlSignatureNow, checkCrlSignatures } from './crl-signature.ts';
import { findCrlDefect, findIssuerDefect } from './usable-crl.ts';

export interface ListStatus {
  /** RFC 4514. */
  readonly issuer: string;
  /** SHA-256 of the list, lower-case hex. */
  readonly fingerprint: string;
  readonly number: bigint | undefined;
  readonly isDelta: boolean;
  /** Milliseconds since the epoch; `end` is nextUpdate, or when a list without one stops to count. */
  readonly thisUpdate: number;
  readonly end: number;
  readonly entries: number;
  /** Certificates that it withdraws are those of this key (SHA-256); undefined: of no authority known. */
  readonly signer: string | undefined;
  /** Why it does not count, for anybody or at this time. */
  readonly problem: string | undefined;
}

/** `at` in ms. Resolves later only where the signature of a large list has to be checked. */
export async function describeLists(
  crls: readonly CrlFacts[],
  authorities: readonly CertificateFacts[],
  at: number,
): Promise<ListStatus[]> {
  await checkCrlSignatures(crls, authorities);
  return crls.map((crl) => {
    const { signer, problem } = findSigner(crl, authorities);
    return {
      issuer: formatRfc4514(crl.issuer),
      fingerprint: crl.fingerprint,
      number: crl.crlNumber,
      isDelta: crl.deltaCrlIndicator !== undefined,
      thisUpdate: crl.thisUpdate,
      end: endOf(crl),
      entries: crl.entries.size,
      signer,
      problem: findCrlDefect(crl) ?? problem ?? findDateProblem(crl, at),
    };
  });
}

function findSigner(
  crl: CrlFacts,
  authorities: readonly CertificateFacts[],
): { readonly signer: string | undefined; readonly problem: string | undefined } {
  const namesakes = authorities.filter(({ subject }) => subject.matchKey === crl.issuer.matchKey);
  let problem: string | undefined;
  for (const authority of namesakes) {
    const defect = findIssuerDefect(crl, authority) ?? findWrongSignature(crl, authority);
    if (defect === undefined) return { signer: authority.publicKey.spkiHash, problem: undefined };
    problem ??= defect;
  }
  return { signer: undefined, problem: problem ?? 'comes from no authority of the trust store' };
}

function findWrongSignature(crl: CrlFacts, { publicKey }: CertificateFacts): string | undefined {
  const signature = checkCrlSignatureNow(crl, publicKey);
  return signature === 'right' ? undefined : `is not signed by the issuer’s key (${signature})`;
}

function findDateProblem(crl: CrlFacts, at: number): string | undefined {
  if (crl.thisUpdate > at) return 'is from the future';
  return at > endOf(crl) ? 'has run out' : undefined;
}
