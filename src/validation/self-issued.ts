// Do subject and issuer have the same name?

import type { CertificateFacts } from '../model/certificate.ts';

/** RFC 5280 3.2: a certificate by which an authority hands its own name to another key, or to the same one again. */
export function isSelfIssued({ subject, issuer }: CertificateFacts): boolean {
  return subject.matchKey === issuer.matchKey;
}
