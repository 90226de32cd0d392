// Whose key signed this OCSP response, and may it speak for the issuer? (RFC 6960 4.2.2.2)

import type { CertificateFacts } from '../../model/certificate.ts';
import type { BasicOcspResponse, OcspResponderId } from '../../model/ocsp.ts';
import { findKeyWeakness, type KeyLimits } from '../../x509/key-strength.ts';
import { formatRfc4514 } from '../../x509/name-text.ts';
import { hashKeyBits } from '../../x509/ocsp-cert-id.ts';
import { checkSignature } from '../../x509/signature.ts';

export interface SignerQuestion {
  readonly issuer: CertificateFacts;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly skewMs: number;
  readonly keyLimits: KeyLimits;
  /** What is known of a delegated responder without asking a responder: that would never end. */
  readonly isRevoked?: (signer: CertificateFacts, issuer: CertificateFacts) => boolean;
  /** Told of a certificate that a responder signs with, where it may. */
  readonly noteSigner?: (signer: CertificateFacts) => void;
  /** What is wrong with a signature; the floor of paths when left out. */
  readonly verify?: typeof checkSignature;
}

export type SignerFinding =
  /** `until`: the signer's own certificate counts until then (inclusive), ms since the epoch. Infinity for the issuer itself. */
  | { readonly ok: true; readonly until: number }
  /** `check` is a stable kebab-case name. */
  | { readonly ok: false; readonly check: string; readonly note: string };

/** id-kp-OCSPSigning. anyExtendedKeyUsage is not enough (RFC 6960 4.2.2.2). */
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';

/** Dates have a resolution of one second, and the last second is part of the period (RFC 5280 4.1.2.5). */
const LAST_MS_OF_SECOND = 999;

/** Extensions of a delegated certificate that may be critical: those looked at here, and those that only describe it. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  '2.5.29.15', // keyUsage
  '2.5.29.17', // subjectAltName
  '2.5.29.19', // basicConstraints
  '2.5.29.37', // extendedKeyUsage
  '1.3.6.1.5.5.7.48.1.5', // id-pkix-ocsp-nocheck
]);

/** The issuer itself, or a certificate sent along that its key has issued for this. Anchors and paths do not count. */
export function findSigner(response: BasicOcspResponse, question: SignerQuestion): SignerFinding {
  const { issuer, verify = checkSignature } = question;
  const failures: SignerFinding[] = [];
  for (const signer of [issuer, ...response.certificates]) {
    if (!isNamed(response.responderId, signer)) continue;
    const isIssuer = signer.publicKey.spkiHash === issuer.publicKey.spkiHash;
    const failure = isIssuer ? undefined : findDelegationDefect(signer, question, verify);
    const fault = failure === undefined ? verify(response, signer.publicKey) : undefined;
    if (failure === undefined && fault === undefined) {
      if (!isIssuer) question.noteSigner?.(signer);
      return { ok: true, until: isIssuer ? Infinity : endOf(signer, question) };
    }
    const note = `it is not signed by the key of ${formatRfc4514(signer.subject)} (${fault})`;
    failures.push(failure ?? { ok: false, check: 'signature', note });
  }
  // What is wrong with the certificate it brought says more than that the issuer did not sign.
  const note = 'its responder is neither the issuer nor in a certificate sent along';
  return failures.at(-1) ?? { ok: false, check: 'responder-id', note };
}

function isNamed(responderId: OcspResponderId, { subject, publicKey }: CertificateFacts): boolean {
  return responderId.kind === 'name'
    ? responderId.name.matchKey === subject.matchKey
    : responderId.keyHash === hashKeyBits(publicKey, 'sha1');
}

/** Cheap checks first: only what is meant to sign responses costs a signature. */
function findDelegationDefect(
  signer: CertificateFacts,
  question: SignerQuestion,
  verify: typeof checkSignature,
): SignerFinding | undefined {
  const { issuer, at, skewMs, keyLimits, isRevoked } = question;
  const name = formatRfc4514(signer.subject);
  const refuse = (check: string, what: string): SignerFinding => ({
    ok: false,
    check,
    note: `its signer ${name} ${what}`,
  });
  const { extendedKeyUsage, keyUsage, ocspNoCheck } = signer.known;
  if (signer.issuer.matchKey !== issuer.subject.matchKey) return refuse('signer-issuer', 'has another issuer');
  if (extendedKeyUsage?.includes(OCSP_SIGNING) !== true) return refuse('signer-usage', 'is not meant for OCSP signing');
  if (keyUsage?.has('digitalSignature') === false) return refuse('signer-usage', 'may not sign by its key usage');
  const strange = signer.extensions.find(({ critical, oid }) => critical && !UNDERSTOOD.has(oid));
  if (strange !== undefined) return refuse('signer-extension', `has the unknown critical extension ${strange.oid}`);
  if (at < signer.notBefore - skewMs) return refuse('signer-validity', 'is not valid yet');
  if (at > endOf(signer, question)) return refuse('signer-validity', 'has expired');
  const weakness = findKeyWeakness(signer.publicKey, keyLimits);
  if (weakness !== undefined) return refuse('signer-key', `is too weak: ${weakness}`);
  const fault = verify(signer, issuer.publicKey);
  if (fault !== undefined) return refuse('signer-issuer', `is not signed by the issuer’s key (${fault})`);
  if (!ocspNoCheck && isRevoked?.(signer, issuer) === true) return refuse('signer-revoked', 'has been revoked');
  return undefined;
}

function endOf({ notAfter }: CertificateFacts, { skewMs }: SignerQuestion): number {
  return notAfter + LAST_MS_OF_SECOND + skewMs;
}
