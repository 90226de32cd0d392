// How is a client told, beside an answer, that its own certificate ends soon?

import { daysUntil } from '../model/clock.ts';
import { writeInstant } from './time-text.ts';

export const EXPIRY_HEADER = 'portcullis-certificate-expires';

const NONE: readonly string[] = [];

/** The header, flat: `2027-01-31T12:00:00Z; days=12`; empty while the end is further away. Times in ms since the epoch. */
export function writeExpiryNotice(notAfter: number, now: number, withinMs: number): readonly string[] {
  return notAfter - now > withinMs
    ? NONE
    : [EXPIRY_HEADER, `${writeInstant(notAfter)}; days=${Math.max(0, daysUntil(notAfter, now))}`];
}
