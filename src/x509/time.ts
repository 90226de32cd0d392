// When is that? UTCTime and GeneralizedTime in the one form of each that RFC 5280 4.1.2.5 allows.

import { type Element, TAG } from './der.ts';
import { Malformed } from './malformed.ts';

/**
 * Milliseconds since the epoch of a Time (RFC 5280 4.1), which has seconds and ends in Z. GeneralizedTime is read for
 * years before 2050 too: CAs must not write it, but who relies on them must be able to read it.
 */
export function readTime(element: Element): number {
  const { bytes, contentStart: from, where } = element;
  const isUtcTime = element.tag === TAG.utcTime;
  if (!isUtcTime && element.tag !== TAG.generalizedTime) throw new Malformed(where, 'not a time');
  const yearDigits = isUtcTime ? 2 : 4;
  if (element.end - from !== yearDigits + 11 || bytes[element.end - 1] !== 0x5a) {
    throw new Malformed(where, 'time is not of the form [YY]YYMMDDHHMMSSZ');
  }
  const written = digits(element, from, yearDigits);
  // RFC 5280 4.1.2.5.1: two digits from 50 on mean 19YY.
  const year = isUtcTime ? written + (written >= 50 ? 1900 : 2000) : written;
  const rest = from + yearDigits;
  const month = digits(element, rest, 2);
  const day = digits(element, rest + 2, 2);
  const hour = digits(element, rest + 4, 2);
  const minute = digits(element, rest + 6, 2);
  const second = digits(element, rest + 8, 2);
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month) || hour > 23 || minute > 59 || second > 59) {
    throw new Malformed(where, 'no such time');
  }
  // Date.UTC takes years below 100 for years of the 20th century.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.setUTCHours(hour, minute, second);
}

function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function digits(element: Element, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at++) {
    const digit = (element.bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) throw new Malformed(element.where, 'time has something else than digits');
    value = value * 10 + digit;
  }
  return value;
}
