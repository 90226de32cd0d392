// Which entries does a list have? Its own bytes, and a table of where each entry begins: nothing is kept for an entry but that.

import type { RevokedEntries, RevokedEntry } from '../model/certificate.ts';
import { CRL_REASONS } from './crl-reasons.ts';
import { type Element, inside, Reader, readWhole, TAG } from './der.ts';
import { readSmallInteger } from './der-values.ts';
import { EXTENSION, readExtensions } from './extensions.ts';
import { Malformed } from './malformed.ts';
import { endOfPlainEntry, readPlainEntry } from './plain-entry.ts';
import { readRevokedSerial } from './serial.ts';
import { readTime } from './time.ts';

/** Half of the places stay free, so that a search ends after one or two. */
const PLACES_PER_ENTRY = 2;
/**
 * Places that one search may look at. With half of them free a list of a million entries needs some 70; where nobody but
 * its author made it so, a list with more is not met once in 10^15.
 */
const MAX_STEPS = 256;
/** RFC 5280 4.1.2.2. */
const MAX_SERIAL_OCTETS = 20;

/** What makes it again from the same bytes in another thread. */
export interface EntryTable {
  /** By hash of the serial number, the offset of its entry plus 1; 0 where there is none. */
  readonly places: Uint32Array<ArrayBuffer>;
  /** Different serial numbers. */
  readonly size: number;
}

/** Where the entries of a list are. */
export interface EntrySource {
  /** revokedCertificates; undefined where the list has none. */
  readonly list: Element | undefined;
  readonly isVersion2: boolean;
  /**
   * Goes into the hash. Made of the list's own octets: its content decides where the serial numbers fall. Whoever chooses
   * both can still have them fall on one place, and is met by a bound.
   */
  readonly seed: number;
}

export class IndexedEntries implements RevokedEntries {
  readonly table: EntryTable;
  readonly #source: EntrySource;

  constructor(source: EntrySource, table: EntryTable) {
    this.table = table;
    this.#source = source;
  }

  get size(): number {
    return this.table.size;
  }

  get(serial: string): RevokedEntry | undefined {
    const { list, isVersion2, seed } = this.#source;
    if (list === undefined || serial === '') return undefined;
    const octets = Buffer.from(serial, 'hex');
    const { places } = this.table;
    const mask = places.length - 1;
    for (let place = hashOf(octets, 0, octets.length, seed) & mask; ; place = (place + 1) & mask) {
      const offset = (places[place] ?? 0) - 1;
      if (offset < 0) return undefined;
      if (hasSerial(list.bytes, offset, octets, 0, octets.length)) return readChecked(list, offset, isVersion2);
    }
  }

  *serials(): Generator<string> {
    const { list } = this.#source;
    if (list === undefined) return;
    for (const place of this.table.places) {
      if (place === 0) continue;
      const { from, to } = serialAt(list.bytes, place - 1);
      yield Buffer.from(list.bytes.subarray(from, to)).toString('hex').toUpperCase();
    }
  }
}

/** Checks every entry, and makes the table. Adds to `criticalOids` what changes the meaning of the list. Throws Malformed. */
export function indexEntries(source: EntrySource, criticalOids: Set<string>): IndexedEntries {
  const { list } = source;
  if (list === undefined) return new IndexedEntries(source, { places: new Uint32Array(), size: 0 });
  const count = checkEntries(list, source.isVersion2, criticalOids);
  const places = new Uint32Array(2 ** Math.ceil(Math.log2(count * PLACES_PER_ENTRY + 1)));
  let size = 0;
  for (let at = list.contentStart; at < list.end; at = endAt(list.bytes, at)) {
    if (enter(places, source, list, at)) size++;
  }
  return new IndexedEntries(source, { places, size });
}

/** How many there are. An empty list should be left out (RFC 5280 5.1.2.6), but says the same. */
function checkEntries(list: Element, isVersion2: boolean, criticalOids: Set<string>): number {
  let count = 0;
  for (let at = list.contentStart; at < list.end; count++) {
    const plainEnd = endOfPlainEntry(list.bytes, at, list.end, isVersion2);
    if (plainEnd === 0) readEntryAt(list, at, isVersion2, criticalOids);
    at = plainEnd === 0 ? endAt(list.bytes, at) : plainEnd;
  }
  return count;
}

/** True: a serial number that was not there. Should one come twice, what withdraws it counts. */
function enter(places: Uint32Array, source: EntrySource, list: Element, at: number): boolean {
  const { bytes } = list;
  const { from, to } = serialAt(bytes, at);
  if (from === to) return false;
  const mask = places.length - 1;
  const first = hashOf(bytes, from, to, source.seed) & mask;
  for (let step = 0; step < MAX_STEPS; step++) {
    const place = (first + step) & mask;
    const earlier = (places[place] ?? 0) - 1;
    if (earlier >= 0 && !hasSerial(bytes, earlier, bytes, from, to)) continue;
    if (earlier < 0 || readChecked(list, earlier, source.isVersion2).reason === 'removeFromCRL') places[place] = at + 1;
    return earlier < 0;
  }
  throw new Malformed(list.where, 'serial numbers chosen so that they are slow to find');
}

function readChecked(list: Element, at: number, isVersion2: boolean): RevokedEntry {
  const plainEnd = endOfPlainEntry(list.bytes, at, list.end, isVersion2);
  return plainEnd === 0 ? readEntryAt(list, at, isVersion2) : readPlainEntry(list.bytes, at, plainEnd);
}

/** The strict reader, for one entry. */
function readEntryAt(list: Element, at: number, isVersion2: boolean, criticalOids?: Set<string>): RevokedEntry {
  const items = new Reader(list.bytes, at, list.end, list.where);
  return inside(items.read('entry', TAG.sequence), (fields) => {
    readRevokedSerial(fields.read('userCertificate', TAG.integer));
    const revokedAt = readTime(fields.read('revocationDate'));
    // RFC 5280 5.1.2.1: extensions only in version 2; in version 1 they are octets too many.
    const extensions = isVersion2 ? fields.readOptional('crlEntryExtensions', TAG.sequence) : undefined;
    return { revokedAt, reason: extensions && readEntryExtensions(extensions, criticalOids) };
  });
}

/** The reason. Collects what changes the meaning of the list: certificateIssuer, and whatever is critical. */
function readEntryExtensions(element: Element, criticalOids: Set<string> | undefined): string | undefined {
  let reason: string | undefined;
  for (const { oid, critical, value } of readExtensions(element)) {
    if (critical || oid === EXTENSION.certificateIssuer) criticalOids?.add(oid);
    if (oid === EXTENSION.reasonCode) reason = readReason(value, element.where);
  }
  return reason;
}

function readReason(value: Uint8Array, where: string): string {
  const element = readWhole(value, `${where}.reasonCode`, TAG.enumerated);
  const reason = CRL_REASONS[readSmallInteger(element)];
  if (reason === undefined) throw new Malformed(element.where, 'no such reason');
  return reason;
}

/** FNV-1a, and the finish of MurmurHash3 so that the low bits depend on all octets. */
function hashOf(bytes: Uint8Array, from: number, to: number, seed: number): number {
  let hash = seed;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function hasSerial(bytes: Uint8Array, offset: number, wanted: Uint8Array, from: number, to: number): boolean {
  const serial = serialAt(bytes, offset);
  const length = to - from;
  if (serial.to - serial.from !== length) return false;
  for (let index = 0; index < length; index++) {
    if (bytes[serial.from + index] !== wanted[from + index]) return false;
  }
  return true;
}

/** Octets of the positive number in a checked entry; none for a number that no certificate has which is read here. */
function serialAt(bytes: Uint8Array, offset: number): { readonly from: number; readonly to: number } {
  const at = contentAt(bytes, offset);
  const from = contentAt(bytes, at);
  const to = endAt(bytes, at);
  const first = bytes[from] ?? 0;
  if (first >= 0x80 || to - from > MAX_SERIAL_OCTETS) return { from, to: from };
  // The sign octet; what is left of a zero is nothing.
  return { from: first === 0 ? from + 1 : from, to };
}

/** Where the content of a checked element begins. */
function contentAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at + 1] ?? 0;
  return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
}

/** Where a checked element ends. */
function endAt(bytes: Uint8Array, at: number): number {
  const content = contentAt(bytes, at);
  if (content === at + 2) return content + (bytes[at + 1] ?? 0);
  let length = 0;
  for (let position = at + 2; position < content; position++) length = length * 256 + (bytes[position] ?? 0);
  return content + length;
}
