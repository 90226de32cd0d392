// Is it meant for TLS clients, and does every authority above it say so too?

import type { CertificateFacts } from '../../model/certificate.ts';
import { type Check, listOids } from '../place.ts';
import { checkNetscapeCertType } from './netscape-cert-type.ts';

/** id-kp-clientAuth, RFC 5280 4.2.1.12. */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/**
 * Which of `purposes` (entries of `options.eku`) the certificate leaves over. Without the extension it is fit for all;
 * `any` makes no demand and always stays. anyExtendedKeyUsage is a purpose like others: it counts where the options
 * list its OID, as in OpenSSL.
 */
export function remainingPurposes(certificate: CertificateFacts, purposes: readonly string[]): readonly string[] {
  const listed = certificate.known.extendedKeyUsage;
  if (listed === undefined) return purposes;
  return purposes.filter((purpose) => purpose === 'any' || listed.includes(oidOf(purpose)));
}

/**
 * RFC 5280 4.2.1.12. For authorities the RFC gives the extension no meaning; OpenSSL, Windows and webpki all read it
 * as a limit on what they issue for, and so is it here: one purpose must be left over by the whole path.
 */
export const checkExtendedKeyUsage: Check = (place) => {
  const { certificate, purposes } = place;
  if (remainingPurposes(certificate, purposes).length > 0) return checkNetscapeCertType(place);
  const listed = listOids(certificate.known.extendedKeyUsage ?? []);
  const note = `the extended key usage (${listed}) leaves none of ${purposes.join(', ')}`;
  return { code: 'certificate-usage', note };
};

function oidOf(purpose: string): string {
  return purpose === 'clientAuth' ? CLIENT_AUTH : purpose;
}
