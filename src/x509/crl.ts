// Which certificates does this list withdraw? (RFC 5280 5)

import { hash } from 'node:crypto';
import type { CrlFacts, Extension } from '../model/certificate.ts';
import { readAlgorithm } from './algorithm.ts';
import { derOf, type Element, expectTag, inside, type Reader, readWhole, TAG } from './der.ts';
import { areSameOctets, readBitOctets, readIntegerOctets, readSmallInteger, toHex } from './der-values.ts';
import { readDistributionPoints, readIssuingDistributionPoint } from './distribution-points.ts';
import { EXTENSION, readAuthorityKeyId, readExtensions } from './extensions.ts';
import { Malformed } from './malformed.ts';
import { readName } from './name.ts';
import { type EntrySource, type EntryTable, IndexedEntries, indexEntries } from './revoked-entries.ts';
import { readTime } from './time.ts';

/** Longest part beside the entries and the signature: real names and extensions take less than 1 KiB. */
const MAX_PART_BYTES = 64 * 1024;

/** What was found in a list, for another thread to make the same facts of the same bytes without checking them again. */
export interface PackedCrl {
  readonly der: Uint8Array<ArrayBuffer>;
  readonly fingerprint: string;
  readonly table: EntryTable;
  readonly criticalEntryExtensions: readonly string[];
}

type Entries = Pick<CrlFacts, 'entries' | 'criticalEntryExtensions'>;
type TbsFacts = Omit<CrlFacts, 'der' | 'fingerprint' | 'tbs' | 'signature'>;

/** Reads one DER CRL. How large it may be is for who fetched it to say. Throws Malformed. */
export function parseCrl(der: Uint8Array): CrlFacts {
  return readCrl(der, hash('sha256', der, 'hex'), (source) => {
    const criticalEntryExtensions = new Set<string>();
    return { entries: indexEntries(source, criticalEntryExtensions), criticalEntryExtensions };
  });
}

/** `facts` as `parseCrl` has made them. The bytes are those of `facts.der`, not a copy. */
export function packCrl({ der, fingerprint, entries, criticalEntryExtensions }: CrlFacts): PackedCrl {
  if (!(entries instanceof IndexedEntries) || !(der.buffer instanceof ArrayBuffer))
    throw new Error('not read by parseCrl');
  const own = new Uint8Array(der.buffer, der.byteOffset, der.byteLength);
  return { der: own, fingerprint, table: entries.table, criticalEntryExtensions: [...criticalEntryExtensions] };
}

/** Takes what only `packCrl` can have made; reads all but the entries. */
export function unpackCrl({ der, fingerprint, table, criticalEntryExtensions }: PackedCrl): CrlFacts {
  return readCrl(der, fingerprint, (source) => ({
    entries: new IndexedEntries(source, table),
    criticalEntryExtensions: new Set(criticalEntryExtensions),
  }));
}

function readCrl(der: Uint8Array, fingerprint: string, readEntries: (source: EntrySource) => Entries): CrlFacts {
  const crl = readWhole(der, 'crl', TAG.sequence);
  const seed = Number.parseInt(fingerprint.slice(0, 8), 16);
  return inside(crl, (fields) => {
    const tbs = fields.read('tbs', TAG.sequence);
    const facts = inside(tbs, (tbsFields) =>
      readTbs(tbsFields, (list, isVersion2) => readEntries({ list, isVersion2, seed })),
    );
    const algorithm = fields.read('signatureAlgorithm', TAG.sequence);
    // RFC 5280 5.1.1.2.
    if (!areSameOctets(derOf(algorithm), facts.signatureAlgorithm.der)) {
      throw new Malformed(algorithm.where, 'not the algorithm inside');
    }
    const signature = readBitOctets(fields.read('signature', TAG.bitString));
    return { ...facts, der: derOf(crl), fingerprint, tbs: derOf(tbs), signature };
  });
}

function readTbs(fields: Reader, readEntries: (list: Element | undefined, isVersion2: boolean) => Entries): TbsFacts {
  const version = fields.readOptional('version', TAG.integer);
  // RFC 5280 5.1.2.1: absent, or version 2 written as 1.
  if (version !== undefined && readSmallInteger(version) !== 1) throw new Malformed(version.where, 'no such version');
  const signatureAlgorithm = readAlgorithm(bounded(fields.read('signature', TAG.sequence)));
  const issuer = readName(bounded(fields.read('issuer', TAG.sequence)));
  const thisUpdate = readTime(fields.read('thisUpdate'));
  const next = fields.nextTag();
  const hasNextUpdate = next === TAG.utcTime || next === TAG.generalizedTime;
  const nextUpdate = hasNextUpdate ? readTime(fields.read('nextUpdate')) : undefined;
  const entries = readEntries(fields.readOptional('revokedCertificates', TAG.sequence), version !== undefined);
  const wrapped = fields.readOptional('crlExtensions', 0xa0);
  const extensions =
    wrapped === undefined ? [] : inside(bounded(wrapped), (content) => readExtensions(content.read('')));
  if (version === undefined && wrapped !== undefined) throw new Malformed(wrapped.where, 'extensions in version 1');
  const known = readKnown(extensions, `${fields.where}.crlExtensions`);
  return { signatureAlgorithm, issuer, thisUpdate, nextUpdate, ...entries, extensions, ...known };
}

/** What is read in the thread that waits for nobody, whoever has sent it. */
function bounded(element: Element): Element {
  if (element.end - element.start > MAX_PART_BYTES) {
    throw new Malformed(element.where, `larger than ${MAX_PART_BYTES} octets`);
  }
  return element;
}

type KnownFacts = Pick<
  CrlFacts,
  'crlNumber' | 'authorityKeyId' | 'issuingDistributionPoint' | 'deltaCrlIndicator' | 'freshestCrl'
>;

function readKnown(extensions: readonly Extension[], where: string): KnownFacts {
  const decode = <T>(name: keyof typeof EXTENSION, read: (element: Element) => T): T | undefined => {
    const found = extensions.find(({ oid }) => oid === EXTENSION[name]);
    return found && read(readWhole(found.value, `${where}.${name}`));
  };
  return {
    crlNumber: decode('crlNumber', readCrlNumber),
    authorityKeyId: decode('authorityKeyId', readAuthorityKeyId),
    issuingDistributionPoint: decode('issuingDistributionPoint', readIssuingDistributionPoint),
    deltaCrlIndicator: decode('deltaCrlIndicator', readCrlNumber),
    freshestCrl: decode('freshestCrl', readDistributionPoints) ?? [],
  };
}

/** RFC 5280 5.2.3: not negative, at most 20 octets. */
function readCrlNumber(element: Element): bigint {
  const octets = readIntegerOctets(expectTag(element, TAG.integer));
  if (octets.length > 20 || (octets[0] ?? 0) >= 0x80) throw new Malformed(element.where, 'CRL number out of range');
  return BigInt(`0x${toHex(octets)}`);
}
