// Is this entry of a CRL written as nearly all are? Octets compared in place: a list has a million, each met once.

import type { RevokedEntry } from '../model/certificate.ts';
import { CRL_REASONS } from './crl-reasons.ts';
import { TAG } from './der.ts';
import { readTime } from './time.ts';

const TIME_OCTETS = 15;

/** crlEntryExtensions with a reasonCode that is not critical and nothing else, up to the octet of the reason. */
const REASON_ONLY = Uint8Array.of(0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01);

/**
 * The end of an entry that is sound for certain: a serial number of at most 20 octets, a UTCTime up to the 28th of a month,
 * and no extension but a reason. 0 where it is not all of that, or `limit` is passed: then the strict reader is to judge.
 */
export function endOfPlainEntry(bytes: Uint8Array, at: number, limit: number, isVersion2: boolean): number {
  if (limit - at < 5 || octet(bytes, at) !== TAG.sequence || octet(bytes, at + 2) !== TAG.integer) return 0;
  const length = octet(bytes, at + 1);
  const end = at + 2 + length;
  const serialLength = octet(bytes, at + 3);
  const date = at + 4 + serialLength;
  if (length >= 0x80 || end > limit || serialLength === 0 || serialLength > 20 || date + TIME_OCTETS > end) return 0;
  if (serialLength > 1 && !isMinimal(octet(bytes, at + 4), octet(bytes, at + 5))) return 0;
  if (octet(bytes, date) !== TAG.utcTime || octet(bytes, date + 1) !== 13 || !isPlainTime(bytes, date + 2)) return 0;
  const rest = date + TIME_OCTETS;
  return rest === end || (isVersion2 && isReasonOnly(bytes, rest, end)) ? end : 0;
}

/** What such an entry says. */
export function readPlainEntry(bytes: Uint8Array, at: number, end: number): RevokedEntry {
  const date = at + 4 + octet(bytes, at + 3);
  const contentStart = date + 2;
  const rest = date + TIME_OCTETS;
  const time = { tag: TAG.utcTime, bytes, start: date, contentStart, end: rest, where: 'revocationDate' };
  return { revokedAt: readTime(time), reason: rest === end ? undefined : CRL_REASONS[octet(bytes, end - 1)] };
}

/** X.690 8.3.2. */
function isMinimal(first: number, second: number): boolean {
  return first === 0 ? second >= 0x80 : first !== 0xff || second < 0x80;
}

function isPlainTime(bytes: Uint8Array, at: number): boolean {
  const month = twoDigits(bytes, at + 2);
  const day = twoDigits(bytes, at + 4);
  return (
    twoDigits(bytes, at) < 100 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= 28 &&
    twoDigits(bytes, at + 6) <= 23 &&
    twoDigits(bytes, at + 8) <= 59 &&
    twoDigits(bytes, at + 10) <= 59 &&
    octet(bytes, at + 12) === 0x5a
  );
}

/** 100 where they are no digits: too many for every field. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = octet(bytes, at) - 0x30;
  const ones = octet(bytes, at + 1) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : 100;
}

function isReasonOnly(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at !== REASON_ONLY.length + 1) return false;
  for (let index = 0; index < REASON_ONLY.length; index++) {
    if (octet(bytes, at + index) !== octet(REASON_ONLY, index)) return false;
  }
  return CRL_REASONS[octet(bytes, end - 1)] !== undefined;
}

function octet(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
