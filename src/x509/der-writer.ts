// How is a value written in DER? (X.690 8 and 10)

import { TAG } from './der.ts';

export function encode(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return frame(tag, parts);
}

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return frame(TAG.sequence, parts);
}

/** SEQUENCE OF. A list and not arguments: those of a large CRL would not fit on the stack. */
export function sequenceOf(items: readonly Uint8Array[]): Uint8Array {
  return frame(TAG.sequence, items);
}

/** SET OF: the elements in ascending order of their encodings (X.690 11.6). */
export function setOf(...parts: readonly Uint8Array[]): Uint8Array {
  return encode(TAG.set, ...[...parts].sort(Buffer.compare));
}

/** A constructed context tag: EXPLICIT, or the IMPLICIT one of a SEQUENCE. */
export function context(number: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return encode(0xa0 | number, ...parts);
}

/** A non-negative INTEGER from a number or from big-endian octets. */
export function integer(value: number | bigint | Uint8Array): Uint8Array {
  const hex = value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value.toString(16);
  const digits = hex.replace(/^0+(?=.)/, '');
  // An odd number of digits, or a first one of 8 and above, needs a leading zero.
  const padded = digits.length % 2 === 1 ? `0${digits}` : /^[89a-f]/.test(digits) ? `00${digits}` : digits;
  return encode(TAG.integer, Buffer.from(padded, 'hex'));
}

export function boolean(value: boolean): Uint8Array {
  return encode(TAG.boolean, Uint8Array.of(value ? 0xff : 0));
}

export function nullValue(): Uint8Array {
  return encode(TAG.null);
}

export function octetString(content: Uint8Array): Uint8Array {
  return encode(TAG.octetString, content);
}

export function bitString(octets: Uint8Array, unusedBits = 0): Uint8Array {
  return encode(TAG.bitString, Uint8Array.of(unusedBits), octets);
}

/** BIT STRING of named bits, given by their numbers; ends in a one (X.690 11.2.2). */
export function namedBits(bits: readonly number[]): Uint8Array {
  const highest = Math.max(-1, ...bits);
  const octets = new Uint8Array(Math.ceil((highest + 1) / 8));
  for (const bit of bits) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return bitString(octets, octets.length * 8 - (highest + 1));
}

export function utf8String(text: string): Uint8Array {
  return encode(TAG.utf8String, Buffer.from(text, 'utf8'));
}

/** Dotted text. */
export function oid(dotted: string): Uint8Array {
  const [root = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt);
  return encode(TAG.oid, Uint8Array.from([root * 40n + second, ...rest].flatMap(encodeArc)));
}

/** Milliseconds since the epoch, cut to the second; UTCTime through 2049 (RFC 5280 4.1.2.5). */
export function time(ms: number): Uint8Array {
  const digits = `${new Date(ms).toISOString().replace(/[-:T]|\..*$/g, '')}Z`;
  const year = Number(digits.slice(0, 4));
  const isUtcTime = year >= 1950 && year < 2050;
  return encode(isUtcTime ? TAG.utcTime : TAG.generalizedTime, Buffer.from(isUtcTime ? digits.slice(2) : digits));
}

function frame(tag: number, parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  return new Uint8Array(Buffer.concat([Uint8Array.of(tag), encodeLength(content.length), content]));
}

function encodeLength(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const hex = length.toString(16);
  const octets = Buffer.from(hex.length % 2 === 1 ? `0${hex}` : hex, 'hex');
  return Uint8Array.of(0x80 | octets.length, ...octets);
}

function encodeArc(arc: bigint): number[] {
  const octets = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) octets.unshift(Number(rest & 0x7fn) | 0x80);
  return octets;
}
