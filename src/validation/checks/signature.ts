// Did the issuer's key sign it, by an accepted algorithm?

import type { CertificateFacts } from '../../model/certificate.ts';
import type { Refusal } from '../../model/reasons.ts';
import { checkSignature } from '../../x509/signature.ts';

/** RFC 5280 6.1.3 (a)(1). The only costly check: callers count it against a budget. */
export function checkIssuerSignature(certificate: CertificateFacts, issuer: CertificateFacts): Refusal | undefined {
  const problem = checkSignature(certificate, issuer.publicKey);
  switch (problem) {
    case undefined:
      return undefined;
    case 'algorithm-unknown':
    case 'algorithm-weak': {
      const quality = problem === 'algorithm-weak' ? 'too weak' : 'not known';
      const note = `signature algorithm ${certificate.signatureAlgorithm.oid} is ${quality}`;
      return { code: 'certificate-invalid', check: 'algorithm', note };
    }
    case 'key-mismatch':
      return { code: 'certificate-invalid', check: 'signature', note: 'the issuer’s key is of another kind' };
    case 'signature-wrong':
      return { code: 'certificate-invalid', check: 'signature', note: 'not signed by the issuer’s key' };
  }
}
