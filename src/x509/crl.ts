// Which certificates does this list withdraw? (RFC 5280 5)

import type { CrlFacts, Extension, RevokedEntries, RevokedEntry } from '../model/certificate.ts';
import { readAlgorithm } from './algorithm.ts';
import { derOf, type Element, expectTag, inside, Reader, readWhole, TAG } from './der.ts';
import { areSameOctets, readBitOctets, readIntegerOctets, readSmallInteger, toHex } from './der-values.ts';
import { readDistributionPoints, readIssuingDistributionPoint } from './distribution-points.ts';
import { EXTENSION, readAuthorityKeyId, readExtensions } from './extensions.ts';
import { Malformed } from './malformed.ts';
import { readName } from './name.ts';
import { readRevokedSerial } from './serial.ts';
import { readTime } from './time.ts';

/** CRLReason by number (RFC 5280 5.3.1); 7 is not used. */
export const CRL_REASONS: readonly (string | undefined)[] = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  undefined,
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
];

type TbsFacts = Omit<CrlFacts, 'der' | 'tbs' | 'signature'>;

/** Reads one DER CRL. How large it may be is for who fetched it to say. Throws Malformed. */
export function parseCrl(der: Uint8Array): CrlFacts {
  const crl = readWhole(der, 'crl', TAG.sequence);
  return inside(crl, (fields) => {
    const tbs = fields.read('tbs', TAG.sequence);
    const facts = inside(tbs, readTbs);
    const algorithm = fields.read('signatureAlgorithm', TAG.sequence);
    // RFC 5280 5.1.1.2.
    if (!areSameOctets(derOf(algorithm), facts.signatureAlgorithm.der)) {
      throw new Malformed(algorithm.where, 'not the algorithm inside');
    }
    const signature = readBitOctets(fields.read('signature', TAG.bitString));
    return { ...facts, der: derOf(crl), tbs: derOf(tbs), signature };
  });
}

function readTbs(fields: Reader): TbsFacts {
  const version = fields.readOptional('version', TAG.integer);
  // RFC 5280 5.1.2.1: absent, or version 2 written as 1.
  if (version !== undefined && readSmallInteger(version) !== 1) throw new Malformed(version.where, 'no such version');
  const signatureAlgorithm = readAlgorithm(fields.read('signature', TAG.sequence));
  const issuer = readName(fields.read('issuer', TAG.sequence));
  const thisUpdate = readTime(fields.read('thisUpdate'));
  const next = fields.nextTag();
  const hasNextUpdate = next === TAG.utcTime || next === TAG.generalizedTime;
  const nextUpdate = hasNextUpdate ? readTime(fields.read('nextUpdate')) : undefined;
  const criticalEntryExtensions = new Set<string>();
  const list = fields.readOptional('revokedCertificates', TAG.sequence);
  const entries =
    list === undefined ? entriesOf(new Map()) : readEntries(list, version !== undefined, criticalEntryExtensions);
  const wrapped = fields.readOptional('crlExtensions', 0xa0);
  const extensions = wrapped === undefined ? [] : inside(wrapped, (content) => readExtensions(content.read('')));
  if (version === undefined && wrapped !== undefined) throw new Malformed(wrapped.where, 'extensions in version 1');
  const known = readKnown(extensions, `${fields.where}.crlExtensions`);
  return { signatureAlgorithm, issuer, thisUpdate, nextUpdate, criticalEntryExtensions, entries, extensions, ...known };
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

/** An empty list should be left out (RFC 5280 5.1.2.6), but says the same. */
function readEntries(list: Element, isVersion2: boolean, criticalOids: Set<string>): RevokedEntries {
  const entries = new Map<string, RevokedEntry>();
  const items = new Reader(list.bytes, list.contentStart, list.end, list.where);
  while (items.nextTag() !== undefined) {
    inside(items.read('entry', TAG.sequence), (fields) => {
      const serial = readRevokedSerial(fields.read('userCertificate', TAG.integer));
      const revokedAt = readTime(fields.read('revocationDate'));
      // RFC 5280 5.1.2.1: extensions only in version 2; in version 1 they are octets too many.
      const extensions = isVersion2 ? fields.readOptional('crlEntryExtensions', TAG.sequence) : undefined;
      const reason = extensions && readEntryExtensions(extensions, criticalOids);
      if (serial === undefined) return;
      const earlier = entries.get(serial);
      // Should a serial come twice, what withdraws it counts.
      if (earlier === undefined || earlier.reason === 'removeFromCRL') entries.set(serial, { revokedAt, reason });
    });
  }
  return entriesOf(entries);
}

function entriesOf(entries: ReadonlyMap<string, RevokedEntry>): RevokedEntries {
  return { size: entries.size, get: (serial) => entries.get(serial), serials: () => entries.keys() };
}

/** The reason. Collects what changes the meaning of the list: certificateIssuer, and whatever is critical. */
function readEntryExtensions(element: Element, criticalOids: Set<string>): string | undefined {
  let reason: string | undefined;
  for (const { oid, critical, value } of readExtensions(element)) {
    if (critical || oid === EXTENSION.certificateIssuer) criticalOids.add(oid);
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
