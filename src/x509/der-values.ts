// What does the content of a DER element mean? The primitive types, each in its only spelling (X.690 8 and 11).
//
// The functions look at the content alone, for under an implicit tag the type's own tag is not there; who reads the
// element asks for its tag.

import { contentOf, type Element, inside, TAG } from './der.ts';
import { Malformed } from './malformed.ts';

/** Deepest nesting looked into of values that nobody here decodes. Real ones (PSS parameters) need four levels. */
const MAX_ANY_DEPTH = 16;

export function readBoolean(element: Element): boolean {
  const value = element.bytes[element.contentStart];
  if (element.end - element.contentStart !== 1 || (value !== 0 && value !== 0xff)) {
    throw new Malformed(element.where, 'BOOLEAN is neither 00 nor FF');
  }
  return value === 0xff;
}

/** Content octets of an INTEGER or ENUMERATED, two's complement. */
export function readIntegerOctets(element: Element): Uint8Array {
  const octets = contentOf(element);
  const [first, second] = octets;
  if (first === undefined) throw new Malformed(element.where, 'empty INTEGER');
  if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
    throw new Malformed(element.where, 'INTEGER is not minimal');
  }
  return octets;
}

/** A non-negative INTEGER below 2^48. */
export function readSmallInteger(element: Element): number {
  const octets = readIntegerOctets(element);
  if ((octets[0] ?? 0) >= 0x80) throw new Malformed(element.where, 'negative INTEGER');
  if (octets.length > 6) throw new Malformed(element.where, 'INTEGER is too large');
  return octets.reduce((value, octet) => value * 256 + octet, 0);
}

/** A positive INTEGER without its sign octet. */
export function readPositiveOctets(element: Element): Uint8Array {
  const octets = readIntegerOctets(element);
  if ((octets[0] ?? 0) >= 0x80) throw new Malformed(element.where, 'negative INTEGER');
  if (octets[0] !== 0) return octets;
  if (octets.length === 1) throw new Malformed(element.where, 'INTEGER is zero');
  return octets.subarray(1);
}

export function checkNull(element: Element): void {
  if (element.end !== element.contentStart) throw new Malformed(element.where, 'NULL has content');
}

/** Dotted text. */
export function readOid(element: Element): string {
  const octets = contentOf(element);
  const last = octets.at(-1);
  // 64 octets hold the longest in use (2.25 with a UUID takes 20) with room to spare.
  if (last === undefined || last >= 0x80 || octets.length > 64) throw new Malformed(element.where, 'broken OID');
  const arcs: bigint[] = [];
  let arc = 0n;
  let isStart = true;
  for (const octet of octets) {
    if (isStart && octet === 0x80) throw new Malformed(element.where, 'OID is not minimal');
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    isStart = octet < 0x80;
    if (!isStart) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [head = 0n, ...tail] = arcs;
  const root = head < 80n ? head / 40n : 2n;
  return [root, head - root * 40n, ...tail].join('.');
}

export interface BitString {
  readonly octets: Uint8Array;
  /** How many low bits of the last octet do not count; they are zero. */
  readonly unusedBits: number;
}

export function readBitString(element: Element): BitString {
  const content = contentOf(element);
  const unusedBits = content[0];
  const octets = content.subarray(1);
  if (unusedBits === undefined || unusedBits > 7 || (unusedBits > 0 && octets.length === 0)) {
    throw new Malformed(element.where, 'broken BIT STRING');
  }
  if (((octets.at(-1) ?? 0) & ((1 << unusedBits) - 1)) !== 0) {
    throw new Malformed(element.where, 'unused bits are not zero');
  }
  return { octets, unusedBits };
}

/** A BIT STRING that holds whole octets. */
export function readBitOctets(element: Element): Uint8Array {
  const { octets, unusedBits } = readBitString(element);
  if (unusedBits !== 0) throw new Malformed(element.where, 'not a whole number of octets');
  return octets;
}

/** Numbers of the bits set in a BIT STRING of named bits, which ends in a one (X.690 11.2.2). */
export function readNamedBits(element: Element): number[] {
  const { octets, unusedBits } = readBitString(element);
  const last = octets.at(-1);
  if (last !== undefined && ((last >> unusedBits) & 1) === 0) {
    throw new Malformed(element.where, 'named bits end in zeros');
  }
  const bits: number[] = [];
  octets.forEach((octet, index) => {
    for (let bit = 0; bit < 8; bit++) if ((octet & (0x80 >> bit)) !== 0) bits.push(index * 8 + bit);
  });
  return bits;
}

/** Checks that a value nobody here decodes is DER to its last octet. */
export function checkAny(element: Element, depth = 0): Element {
  if (depth > MAX_ANY_DEPTH) throw new Malformed(element.where, 'nested too deeply');
  if ((element.tag & 0x20) !== 0) {
    inside(element, (fields) => {
      while (fields.nextTag() !== undefined) checkAny(fields.read('any'), depth + 1);
    });
  } else if (element.tag === TAG.boolean) readBoolean(element);
  else if (element.tag === TAG.integer || element.tag === TAG.enumerated) readIntegerOctets(element);
  else if (element.tag === TAG.bitString) readBitString(element);
  else if (element.tag === TAG.null) checkNull(element);
  else if (element.tag === TAG.oid) readOid(element);
  return element;
}

export function toHex(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('hex');
}

export function areSameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
