// Is it within its dates?

import type { Check } from '../place.ts';

/** Dates have a resolution of one second, and the last second is part of the period (RFC 5280 4.1.2.5). */
export const LAST_SECOND_MS = 1000;

/** RFC 5280 6.1.3 (a)(2), for the anchor too: an operator who leaves one in place past its end hardly means to. */
export const checkValidity: Check = ({ certificate, at, options }) => {
  if (at < certificate.notBefore - options.skew) {
    return { code: 'certificate-not-yet-valid', note: `not before ${new Date(certificate.notBefore).toISOString()}` };
  }
  if (at >= certificate.notAfter + LAST_SECOND_MS + options.skew) {
    return { code: 'certificate-expired', note: `not after ${new Date(certificate.notAfter).toISOString()}` };
  }
  return undefined;
};
