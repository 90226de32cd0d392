// How do the certificates and CRLs of `pki.ts` become bytes, sound or broken as asked?

import { type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  encodeAuthorityConstraints,
  encodeAuthorityKeyId,
  encodeEndEntityConstraints,
  encodeExtendedKeyUsage,
  encodeExtension,
  encodeKeyUsage,
  encodeSubjectAltName,
  encodeSubjectKeyId,
} from '../../src/pki/extensions.ts';
import { exportSpki } from '../../src/pki/signing.ts';
import { CRL_REASONS } from '../../src/x509/crl-reasons.ts';
import { TAG } from '../../src/x509/der.ts';
import {
  bitString,
  context,
  encode,
  integer,
  nullValue,
  oid,
  sequence,
  sequenceOf,
  time,
  utf8String,
} from '../../src/x509/der-writer.ts';
import { EXTENSION } from '../../src/x509/extensions.ts';
import { attributeOid } from '../../src/x509/name-text.ts';
import type {
  CertificateOptions,
  CrlOptions,
  RevokedOptions,
  TestAttribute,
  TestCertificate,
  TestExtension,
  TestHash,
  TestName,
} from './pki.ts';

/** What is used of a subject or issuer. */
type Party = Pick<TestCertificate, 'key' | 'keyId' | 'subjectName'>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export function encodeTestName(name: TestName): Uint8Array {
  // As given, not sorted: the order inside a multi-valued relative name is a thing to test.
  return sequence(...name.map((rdn) => encode(TAG.set, ...asList(rdn).map(encodeTestAttribute))));
}

function asList(rdn: TestAttribute | readonly TestAttribute[]): readonly TestAttribute[] {
  return 'type' in rdn ? [rdn] : rdn;
}

function encodeTestAttribute({ type, value, tag }: TestAttribute): Uint8Array {
  const text = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  const encoded =
    tag === undefined && typeof value === 'string' ? utf8String(value) : encode(tag ?? TAG.utf8String, text);
  return sequence(oid(attributeOid(type) ?? type), encoded);
}

export function writeTestCertificate(subject: Party, issuer: Party, options: CertificateOptions): Uint8Array {
  const version = options.version ?? 3;
  const extensions = version === 3 ? certificateExtensions(subject, issuer, options) : [];
  const algorithm = algorithmOf(options.signWith ?? issuer.key, options.signatureHash);
  const tbs = sequence(
    ...(version === 1 ? [] : [context(0, integer(version - 1))]),
    encode(TAG.integer, serialOctets(options.serial)),
    algorithm.der,
    options.issuerName === undefined ? issuer.subjectName : encodeTestName(options.issuerName),
    sequence(time(options.notBefore ?? Date.now() - HOUR_MS), time(options.notAfter ?? Date.now() + DAY_MS)),
    subject.subjectName,
    options.spki ?? exportSpki(subject.key),
    ...(extensions.length === 0 ? [] : [context(3, sequence(...extensions))]),
  );
  return sequence(tbs, algorithm.der, bitString(algorithm.sign(tbs)));
}

/** Octets of the INTEGER as they are, so that a test can ask for a bad one; random ones are good. */
function serialOctets(hex: string | undefined): Uint8Array {
  if (hex !== undefined) return Buffer.from(hex, 'hex');
  const octets = randomBytes(16);
  octets[0] = 0x40 | ((octets[0] ?? 0) & 0x3f);
  return octets;
}

function certificateExtensions(subject: Party, issuer: Party, options: CertificateOptions): Uint8Array[] {
  const { ca, keyUsage, eku, san, subjectKeyId, authorityKeyId, crlUris, ocspUris } = options;
  const uris = (list: readonly string[]) => list.map((uri) => encode(0x86, Buffer.from(uri)));
  const points = crlUris === undefined ? [] : uris(crlUris).map((uri) => sequence(context(0, context(0, uri))));
  const responders = uris(ocspUris ?? []).map((uri) => sequence(oid('1.3.6.1.5.5.7.48.1'), uri));
  return [
    ...(ca === true
      ? [encodeAuthorityConstraints(options.pathLength)]
      : ca === false
        ? [encodeEndEntityConstraints()]
        : []),
    ...(keyUsage ? [encodeKeyUsage(keyUsage)] : []),
    ...(eku ? [encodeExtendedKeyUsage(eku)] : []),
    ...(subjectKeyId === null ? [] : [encodeSubjectKeyId(Buffer.from(subject.keyId, 'hex'))]),
    ...(authorityKeyId === null ? [] : [encodeAuthorityKeyId(Buffer.from(authorityKeyId ?? issuer.keyId, 'hex'))]),
    ...(san ? [encodeSubjectAltName(san, false)] : []),
    ...(points.length > 0 ? [encodeExtension(EXTENSION.crlDistributionPoints, false, sequence(...points))] : []),
    ...(responders.length > 0 ? [encodeExtension(EXTENSION.authorityInfoAccess, false, sequence(...responders))] : []),
    ...(options.extensions ?? []).map(encodeTestExtension),
  ];
}

function encodeTestExtension({ oid: type, critical, value }: TestExtension): Uint8Array {
  return encodeExtension(type, critical ?? false, value);
}

interface TestAlgorithm {
  readonly der: Uint8Array;
  readonly sign: (tbs: Uint8Array) => Uint8Array;
}

const RSA_OIDS = { sha1: '5', sha256: '11', sha384: '12', sha512: '13' } as const;
const ECDSA_OIDS = { sha1: '1', sha256: '3.2', sha384: '3.3', sha512: '3.4' } as const;

export function algorithmOf(key: KeyObject, hash: TestHash = 'sha256'): TestAlgorithm {
  if (key.asymmetricKeyType === 'ed25519') {
    return { der: sequence(oid('1.3.101.112')), sign: (tbs) => sign(undefined, tbs, key) };
  }
  const der =
    key.asymmetricKeyType === 'rsa'
      ? sequence(oid(`1.2.840.113549.1.1.${RSA_OIDS[hash]}`), nullValue())
      : sequence(oid(`1.2.840.10045.4.${ECDSA_OIDS[hash]}`));
  return { der, sign: (tbs) => sign(hash, tbs, key) };
}

export function writeTestCrl(issuer: Party, options: CrlOptions): Uint8Array {
  const algorithm = algorithmOf(options.signWith ?? issuer.key, options.signatureHash);
  const thisUpdate = options.thisUpdate ?? Date.now() - HOUR_MS;
  const nextUpdate = options.nextUpdate === undefined ? Date.now() + DAY_MS : options.nextUpdate;
  const revoked = (options.revoked ?? []).map((entry) => encodeRevoked(entry, thisUpdate));
  const { number = 1, authorityKeyId } = options;
  const extensions = [
    ...(authorityKeyId === null ? [] : [encodeAuthorityKeyId(Buffer.from(authorityKeyId ?? issuer.keyId, 'hex'))]),
    ...(number === null ? [] : [encodeExtension(EXTENSION.crlNumber, false, integer(number))]),
    ...(options.extensions ?? []).map(encodeTestExtension),
  ];
  const tbs = sequence(
    integer(1),
    algorithm.der,
    options.issuerName === undefined ? issuer.subjectName : encodeTestName(options.issuerName),
    time(thisUpdate),
    ...(nextUpdate === null ? [] : [time(nextUpdate)]),
    ...(revoked.length === 0 ? [] : [sequenceOf(revoked)]),
    ...(extensions.length === 0 ? [] : [context(0, sequence(...extensions))]),
  );
  return sequence(tbs, algorithm.der, bitString(algorithm.sign(tbs)));
}

function encodeRevoked(entry: string | TestCertificate | RevokedOptions, thisUpdate: number): Uint8Array {
  if (typeof entry === 'string') return encodeRevoked({ serial: entry }, thisUpdate);
  if ('facts' in entry) return encodeRevoked({ serial: entry.facts.serial }, thisUpdate);
  const { serial, revokedAt = thisUpdate, reason, extensions = [] } = entry;
  const reasonCode = encode(TAG.enumerated, Uint8Array.of(CRL_REASONS.indexOf(reason)));
  const all = [
    ...(reason === undefined ? [] : [encodeExtension(EXTENSION.reasonCode, false, reasonCode)]),
    ...extensions.map(encodeTestExtension),
  ];
  return sequence(
    integer(Buffer.from(serial, 'hex')),
    time(revokedAt),
    ...(all.length === 0 ? [] : [sequence(...all)]),
  );
}
