// Which number does a certificate have? (RFC 5280 4.1.2.2)

import type { Element } from './der.ts';
import { readIntegerOctets, readPositiveOctets, toHex } from './der-values.ts';
import { Malformed } from './malformed.ts';

/** RFC 5280 4.1.2.2: not longer than 20 octets, counted as encoded. */
const MAX_SERIAL_OCTETS = 20;

/** Upper-case hex of the positive integer, even number of digits. */
export function readSerial(element: Element): string {
  const octets = readPositiveOctets(element);
  if (element.end - element.contentStart > MAX_SERIAL_OCTETS) {
    throw new Malformed(element.where, 'serial number of more than 20 octets');
  }
  return toHex(octets).toUpperCase();
}

/** The same from a CRL; undefined for a number that no certificate has which is read here. */
export function readRevokedSerial(element: Element): string | undefined {
  const octets = readIntegerOctets(element);
  const first = octets[0] ?? 0;
  const isZero = first === 0 && octets.length === 1;
  return first >= 0x80 || isZero || octets.length > MAX_SERIAL_OCTETS ? undefined : readSerial(element);
}
