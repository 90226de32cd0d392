// Until when does the passing of time alone change nothing about these certificates?

import type { CertificateFacts } from '../model/certificate.ts';
import { LAST_SECOND_MS } from './checks/validity.ts';

/**
 * The first moment after `at` when one of them begins or ceases to be valid; Infinity when there is none. Given a valid
 * path: when it expires (exclusive, the last second of notAfter is still valid). Given all that a refusal was found in:
 * until when the dates give no reason to ask again. All in ms since the epoch; `skewMs` as in the options.
 */
export function nextDateChange(certificates: readonly CertificateFacts[], at: number, skewMs: number): number {
  let next = Infinity;
  for (const { notBefore, notAfter } of certificates) {
    const begins = notBefore - skewMs;
    const ends = notAfter + LAST_SECOND_MS + skewMs;
    if (begins > at) next = Math.min(next, begins);
    if (ends > at) next = Math.min(next, ends);
  }
  return next;
}
