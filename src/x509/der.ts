// Where do the elements of a DER encoding begin and end? Strict (X.690 10 and 11): what has a second spelling is refused.

import { Malformed } from './malformed.ts';

/** The tags used in certificates and CRLs. Context tags are written as numbers where the ASN.1 has them. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One tag-length-value. Offsets instead of copies: a CRL has hundreds of thousands of these. */
export interface Element {
  readonly tag: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;
  /** Path for messages: `certificate.tbs.serialNumber`. */
  readonly where: string;
}

/** The whole encoding: tag, length, content. */
export function derOf(element: Element): Uint8Array {
  return element.bytes.subarray(element.start, element.end);
}

export function contentOf(element: Element): Uint8Array {
  return element.bytes.subarray(element.contentStart, element.end);
}

/** Reads elements one after the other up to an end. */
export class Reader {
  readonly where: string;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #position: number;

  constructor(bytes: Uint8Array, start: number, end: number, where: string) {
    this.where = where;
    this.#bytes = bytes;
    this.#end = end;
    this.#position = start;
  }

  /** Tag of the next element; undefined at the end. */
  nextTag(): number | undefined {
    return this.#position < this.#end ? this.#bytes[this.#position] : undefined;
  }

  /** The next element, which must have the tag, if one is given. `name` is for messages: `serialNumber`, `[3]`. */
  read(name: string, tag?: number): Element {
    const where = name === '' || name.startsWith('[') ? this.where + name : `${this.where}.${name}`;
    const found = this.nextTag();
    if (found === undefined) throw new Malformed(where, 'missing');
    if (tag !== undefined && found !== tag) throw new Malformed(where, `tag ${hex(found)} instead of ${hex(tag)}`);
    checkTag(found, where);
    const start = this.#position;
    const contentStart = start + 1 + lengthOctets(this.#bytes, start + 1, this.#end, where);
    const end = contentStart + this.#contentLength(start + 1, contentStart, where);
    if (end > this.#end) throw new Malformed(where, 'longer than what holds it');
    this.#position = end;
    return { tag: found, bytes: this.#bytes, start, contentStart, end, where };
  }

  /** The next element when it has the tag. */
  readOptional(name: string, tag: number): Element | undefined {
    return this.nextTag() === tag ? this.read(name, tag) : undefined;
  }

  finish(): void {
    if (this.#position < this.#end) throw new Malformed(this.where, `${this.#end - this.#position} octets too many`);
  }

  #contentLength(position: number, contentStart: number, where: string): number {
    const first = this.#bytes[position] ?? 0;
    if (first < 0x80) return first;
    let length = 0;
    for (let at = position + 1; at < contentStart; at++) length = length * 256 + (this.#bytes[at] ?? 0);
    // X.690 10.1: as few octets as the length needs.
    const smallest = first === 0x81 ? 0x80 : 256 ** ((first & 0x7f) - 1);
    if (length < smallest) throw new Malformed(where, 'length is not minimal');
    return length;
  }
}

/** Reads the content of an element to its last octet. */
export function inside<T>(element: Element, read: (fields: Reader) => T): T {
  const fields = new Reader(element.bytes, element.contentStart, element.end, element.where);
  const result = read(fields);
  fields.finish();
  return result;
}

/** Reads every element of a SEQUENCE OF or SET OF. */
export function insideEach<T>(element: Element, read: (item: Element, index: number) => T): T[] {
  return inside(element, (fields) => {
    const items: T[] = [];
    while (fields.nextTag() !== undefined) items.push(read(fields.read(`[${items.length}]`), items.length));
    return items;
  });
}

/** The one element that the bytes are. */
export function readWhole(bytes: Uint8Array, where: string, tag?: number): Element {
  // A Buffer's subarrays are Buffers; facts hold plain arrays whatever was passed in.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = new Reader(plain, 0, plain.length, where);
  const element = reader.read('', tag);
  reader.finish();
  return element;
}

export function expectTag(element: Element, tag: number): Element {
  if (element.tag !== tag) throw new Malformed(element.where, `tag ${hex(element.tag)} instead of ${hex(tag)}`);
  return element;
}

/** How many octets the length takes: 1 to 5. */
function lengthOctets(bytes: Uint8Array, position: number, end: number, where: string): number {
  const first = position < end ? bytes[position] : undefined;
  if (first === undefined) throw new Malformed(where, 'no length');
  if (first < 0x80) return 1;
  const count = first & 0x7f;
  if (count === 0) throw new Malformed(where, 'indefinite length');
  if (count > 4 || position + count >= end) throw new Malformed(where, 'length out of bounds');
  return 1 + count;
}

function checkTag(tag: number, where: string): void {
  // Tag numbers above 30 occur nowhere in certificates; [UNIVERSAL 0] only in BER.
  if ((tag & 0x1f) === 0x1f || tag === 0) throw new Malformed(where, `unknown tag ${hex(tag)}`);
  // X.690 10.2: SEQUENCE and SET are constructed, all other universal types we meet are primitive.
  const number = tag & 0x1f;
  const isUniversal = (tag & 0xc0) === 0;
  const isConstructed = (tag & 0x20) !== 0;
  if (isUniversal && isConstructed !== (number === 0x10 || number === 0x11)) {
    throw new Malformed(where, `tag ${hex(tag)} is not DER`);
  }
}

function hex(octet: number): string {
  return `0x${octet.toString(16).padStart(2, '0')}`;
}
