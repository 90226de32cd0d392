// What does an OCSP response prove about one certificate? (RFC 6960 3.2)

import type { CertificateFacts, Extension } from '../../model/certificate.ts';
import type { BasicOcspResponse, OcspCertId, OcspResponseFacts, OcspSingleResponse } from '../../model/ocsp.ts';
import type { RevocationAnswer } from '../../model/verdict.ts';
import { areSameOctets } from '../../x509/der-values.ts';
import { type CertIdHash, certIdOf } from '../../x509/ocsp-cert-id.ts';
import { nonceValue, OCSP_NONCE } from '../../x509/ocsp-request.ts';
import { findSigner, type SignerQuestion } from './find-signer.ts';

export interface OcspQuestion extends SignerQuestion {
  readonly certificate: CertificateFacts;
  /** How long an answer holds that does not say it itself, from its thisUpdate, ms. */
  readonly maxAgeMs: number;
  /** How long past its end a good answer still counts, ms. */
  readonly maxStaleMs: number;
  /** The one that was sent, if any. An answer without one may have been made in advance, and counts. */
  readonly nonce?: Uint8Array;
}

/** Extensions of a single response that may be critical: they add to it and change nothing (RFC 6960 4.4, RFC 6962 3.3). */
const UNDERSTOOD_IN_SINGLE: ReadonlySet<string> = new Set([
  '1.3.6.1.5.5.7.48.1.3', // id-pkix-ocsp-crl
  '1.3.6.1.5.5.7.48.1.6', // id-pkix-ocsp-archive-cutoff
  '1.3.6.1.4.1.11129.2.4.5', // signed certificate timestamps
]);

/** id-pkix-ocsp-extended-revoke only says what `revoked` may mean (RFC 6960 4.4.8): it stays revoked. */
const UNDERSTOOD_IN_RESPONSE: ReadonlySet<string> = new Set([OCSP_NONCE, '1.3.6.1.5.5.7.48.1.9']);

/**
 * Good, revoked or unknown, with dates, where the responder says so in a response that stands every check. Otherwise
 * unknown without dates, and the note names the check that failed. Asked again with the same facts it gives the same
 * answer until `nextUpdate` at least.
 */
export function judgeOcspResponse(facts: OcspResponseFacts, question: OcspQuestion): RevocationAnswer {
  const { status, responseType, basic } = facts;
  if (status !== 'successful') return failed('response-status', `the responder says ${status}`);
  if (basic === undefined) return failed('response-type', `it is of the type ${responseType}`);
  const strange = findStrange(basic.extensions, UNDERSTOOD_IN_RESPONSE);
  if (strange !== undefined) return failed('critical-extension', `it has the unknown critical extension ${strange}`);
  const own = basic.responses.filter(({ certId }) => isAbout(certId, question));
  if (own.length === 0) return failed('certificate-id', 'it speaks of other certificates only');
  const problem = checkNonce(basic, question) ?? checkProducedAt(basic, question);
  if (problem !== undefined) return problem;
  const signer = findSigner(basic, question);
  if (!signer.ok) return failed(signer.check, signer.note);
  const answers = own.map((response) => judgeSingle(response, question, signer.until));
  // In doubt the stricter, should it speak of the certificate several times.
  const byStatus = (wanted: RevocationAnswer['status']) => answers.find((answer) => answer.status === wanted);
  return byStatus('revoked') ?? byStatus('unknown') ?? (answers[0] as RevocationAnswer);
}

/** What an answer is worth later: a good one ends, but for `maxStaleMs`. Revoked and unknown stay what they are. */
export function ageAnswer(answer: RevocationAnswer, at: number, maxStaleMs: number): RevocationAnswer {
  const { status, nextUpdate } = answer;
  if (status !== 'good' || nextUpdate === undefined || at <= nextUpdate) return answer;
  const overdue = `the OCSP answer is past its end ${new Date(nextUpdate).toISOString()}`;
  return at > nextUpdate + maxStaleMs ? failed('next-update', overdue) : { ...answer, note: overdue };
}

/** Unknown, and why. */
export function failed(check: string, what: string): RevocationAnswer {
  const nothing = { producedAt: undefined, nextUpdate: undefined, revokedAt: undefined };
  return { status: 'unknown', source: 'ocsp', ...nothing, note: `OCSP ${check}: ${what}` };
}

function findStrange(extensions: readonly Extension[], understood: ReadonlySet<string>): string | undefined {
  return extensions.find(({ critical, oid }) => critical && !understood.has(oid))?.oid;
}

function isAbout(certId: OcspCertId, { certificate, issuer }: OcspQuestion): boolean {
  return (['sha1', 'sha256'] satisfies CertIdHash[]).some((algorithm) => {
    const own = certIdOf(certificate, issuer, algorithm);
    return (
      certId.hashAlgorithm === own.hashAlgorithm &&
      certId.issuerNameHash === own.issuerNameHash &&
      certId.issuerKeyHash === own.issuerKeyHash &&
      certId.serial === own.serial
    );
  });
}

function checkNonce({ extensions }: BasicOcspResponse, { nonce }: OcspQuestion): RevocationAnswer | undefined {
  const answered = extensions.find(({ oid }) => oid === OCSP_NONCE);
  if (nonce === undefined || answered === undefined || areSameOctets(answered.value, nonceValue(nonce)))
    return undefined;
  return failed('nonce', 'it answers another question: its nonce is not the one sent');
}

/** Made neither before the certificate nor in the future. */
function checkProducedAt({ producedAt }: BasicOcspResponse, question: OcspQuestion): RevocationAnswer | undefined {
  const { certificate, at, skewMs } = question;
  if (producedAt >= certificate.notBefore - skewMs && producedAt <= at + skewMs) return undefined;
  return failed('produced-at', `it was made at an impossible time, ${new Date(producedAt).toISOString()}`);
}

/** `until`: the signer's end, which is the answer's too. */
function judgeSingle(response: OcspSingleResponse, question: OcspQuestion, until: number): RevocationAnswer {
  const { status, thisUpdate, extensions } = response;
  const { at, skewMs, maxAgeMs, maxStaleMs } = question;
  const strange = findStrange(extensions, UNDERSTOOD_IN_SINGLE);
  if (strange !== undefined) return failed('critical-extension', `it has the unknown critical extension ${strange}`);
  if (thisUpdate > at + skewMs) {
    return failed('this-update', `it is from the future (thisUpdate ${new Date(thisUpdate).toISOString()})`);
  }
  // RFC 6960 4.2.2.1: without nextUpdate there is always something newer to be had.
  const nextUpdate = Math.min((response.nextUpdate ?? thisUpdate + maxAgeMs) + skewMs, until);
  const dates = { source: 'ocsp', producedAt: thisUpdate, nextUpdate, revokedAt: undefined } as const;
  switch (status.kind) {
    // Whom an outdated answer names stays revoked, as with lists.
    case 'revoked':
      return { status: 'revoked', ...dates, revokedAt: status.revokedAt, note: status.reason ?? 'unspecified' };
    case 'unknown':
      return {
        status: 'unknown',
        ...dates,
        note: 'OCSP certificate-status: the responder does not know the certificate',
      };
    case 'good':
      return ageAnswer({ status: 'good', ...dates, note: undefined }, at, maxStaleMs);
  }
}
