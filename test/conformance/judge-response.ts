// What does this gateway say of one OCSP response of a public suite? By the function that judges live.

import { constants, verify } from 'node:crypto';
import type { CertificateFacts } from '../../src/model/certificate.ts';
import { judgeOcspResponse } from '../../src/revocation/ocsp/judge-response.ts';
import { Malformed } from '../../src/x509/malformed.ts';
import { parseOcspResponse } from '../../src/x509/ocsp-response.ts';
import { checkSignature } from '../../src/x509/signature.ts';

const SHA1_WITH_RSA = '1.2.840.113549.1.1.5';

/** BoringSSL's: an answer without nextUpdate counts for a week. */
const MAX_AGE_MS = 7 * 86_400_000;

/** Any certificate, issuer, response and time (ms since the epoch); hard. */
export function judgeResponse(
  certificate: CertificateFacts,
  issuer: CertificateFacts,
  der: Uint8Array,
  at: number,
): { ok: boolean; reason: string } {
  try {
    const { status, note } = judgeOcspResponse(parseOcspResponse(der), {
      certificate,
      issuer,
      at,
      skewMs: 0,
      maxAgeMs: MAX_AGE_MS,
      maxStaleMs: 0,
      keyLimits: { minRsaBits: 2048, maxRsaBits: 8192 },
      verify: verifyLegacy,
    });
    return { ok: status === 'good', reason: `${status} ${note ?? ''}` };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, reason: error.message };
    throw error;
  }
}

/**
 * The responses of BoringSSL are signed with SHA-1, which the gateway refuses. They are here to show what else it checks,
 * and so that one floor is lowered, for this suite.
 */
const verifyLegacy: typeof checkSignature = (signed, key) => {
  if (signed.signatureAlgorithm.oid !== SHA1_WITH_RSA) return checkSignature(signed, key);
  const options = { key: key.key(), padding: constants.RSA_PKCS1_PADDING };
  return verify('sha1', signed.tbs, options, signed.signature) ? undefined : 'signature-wrong';
};
