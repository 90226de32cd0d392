// What OpenSSL's verdict in the handshake (gate 1) means beside ours (gate 2). Both must accept (design rule 2).

import type { CertificateFacts } from '../model/certificate.ts';
import type { ReasonCode, Refusal } from '../model/reasons.ts';

/** The path that our validator found, and what the client sent behind its leaf. */
interface Found {
  readonly path: readonly CertificateFacts[];
  readonly presented: readonly Uint8Array[];
}

/**
 * The closed table of OpenSSL errors that our validator's positive answer overrules, and when. Everything else refuses.
 */
const TOLERATED: Readonly<Record<string, (found: Found) => boolean>> = {
  // Dates are judged by ours, per request and with the configured skew: a connection may outlive either of them.
  CERT_HAS_EXPIRED: () => true,
  CERT_NOT_YET_VALID: () => true,
  // OpenSSL wants every path to end in a self-signed certificate; `partialChain` lets it end earlier.
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: endsInPartialChain,
  // It takes the first issuer of the right name besides, and never goes back: one that is fake, or whose own issuer nobody
  // knows, leads it astray beside the real one.
  UNABLE_TO_GET_ISSUER_CERT: (found) => endsInPartialChain(found) || couldGoAstray(found),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: (found) => endsInPartialChain(found) || couldGoAstray(found),
  CERT_SIGNATURE_FAILURE: couldGoAstray,
};

const CODES: Readonly<Record<string, ReasonCode>> = {
  UNABLE_TO_GET_ISSUER_CERT: 'certificate-untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate-untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-untrusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-untrusted',
  CERT_UNTRUSTED: 'certificate-untrusted',
  INVALID_PURPOSE: 'certificate-usage',
};

/** Refuses where gate 1 did and our verified path does not overrule it. */
export function judgeHandshake(error: string | undefined, found: Found): Refusal | undefined {
  if (error === undefined) return undefined;
  const tolerated = Object.hasOwn(TOLERATED, error) ? TOLERATED[error] : undefined;
  if (tolerated?.(found)) return undefined;
  return { code: CODES[error] ?? 'certificate-invalid', check: 'gate-1', note: `the handshake found ${error}` };
}

function endsInPartialChain({ path }: Found): boolean {
  const anchor = path.at(-1);
  return anchor !== undefined && anchor.subject.matchKey !== anchor.issuer.matchKey;
}

/** Something was sent that is not part of the verified path. */
function couldGoAstray({ path, presented }: Found): boolean {
  return presented.some((der) => !path.some((certificate) => Buffer.compare(certificate.der, der) === 0));
}
