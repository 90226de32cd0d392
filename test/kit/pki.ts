// What do tests make certificates with? Every profile is sound by default, and each part of it can be broken alone.

import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { CertificateFacts, CrlFacts, KeyUsage } from '../../src/model/certificate.ts';
import {
  encodeAuthorityConstraints,
  encodeAuthorityKeyId,
  encodeEndEntityConstraints,
  encodeExtendedKeyUsage,
  encodeExtension,
  encodeKeyUsage,
  encodeSubjectAltName,
  encodeSubjectKeyId,
  keyIdentifier,
  PURPOSE,
} from '../../src/pki/extensions.ts';
import type { AlternativeName } from '../../src/pki/names.ts';
import { exportSpki } from '../../src/pki/signing.ts';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { CRL_REASONS, parseCrl } from '../../src/x509/crl.ts';
import { TAG } from '../../src/x509/der.ts';
import {
  bitString,
  context,
  encode,
  integer,
  nullValue,
  oid,
  sequence,
  time,
  utf8String,
} from '../../src/x509/der-writer.ts';
import { EXTENSION } from '../../src/x509/extensions.ts';
import { attributeOid } from '../../src/x509/name-text.ts';
import { encodePem } from '../../src/x509/pem.ts';

export { PURPOSE };

export type TestKeyKind = 'ec' | 'p384' | 'p521' | 'rsa2048' | 'rsa1024' | 'ed25519';

/** An attribute of a subject. `tag` is the string type, UTF8String when left out; bytes are written as they are. */
export interface TestAttribute {
  readonly type: string;
  readonly value: string | Uint8Array;
  readonly tag?: number;
}

/** One entry for each relative name, most general first; an entry that is a list is a multi-valued relative name. */
export type TestName = readonly (TestAttribute | readonly TestAttribute[])[];

export interface TestExtension {
  readonly oid: string;
  readonly critical?: boolean;
  readonly value: Uint8Array;
}

/** `null` leaves a thing out that would be there by default. */
export interface CertificateOptions {
  /** Common name, when there is no `subject`; `cn` and `name` are the same. */
  readonly cn?: string;
  readonly name?: string;
  readonly subject?: TestName;
  /** Milliseconds since the epoch; by default from an hour ago until in a day. */
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** A new key of that kind (RSA: the same one again), or one that is there. */
  readonly key?: TestKeyKind | KeyObject;
  /** Hex; may be what no certificate should have: `00`, or octets of a negative number. */
  readonly serial?: string;
  readonly version?: 1 | 2 | 3;
  readonly ca?: boolean | null;
  readonly pathLength?: number;
  readonly keyUsage?: readonly KeyUsage[] | null;
  readonly eku?: readonly string[] | null;
  readonly san?: readonly AlternativeName[];
  /** Lower-case hex. */
  readonly subjectKeyId?: string | null;
  readonly authorityKeyId?: string | null;
  readonly crlUris?: readonly string[];
  readonly ocspUris?: readonly string[];
  /** Behind the others. */
  readonly extensions?: readonly TestExtension[];
  readonly signatureHash?: TestHash;
  /** Signs instead of the issuer's key: a wrong signature under the right name. */
  readonly signWith?: KeyObject;
  /** A name in the issuer field that is not the issuer's. */
  readonly issuerName?: TestName;
  /** The whole SubjectPublicKeyInfo, for keys that node:crypto would not write. */
  readonly spki?: Uint8Array;
}

export interface CrlOptions {
  readonly revoked?: readonly (string | TestCertificate | RevokedOptions)[];
  readonly thisUpdate?: number;
  readonly nextUpdate?: number | null;
  readonly number?: bigint | number | null;
  readonly authorityKeyId?: string | null;
  readonly extensions?: readonly TestExtension[];
  readonly signatureHash?: TestHash;
  readonly signWith?: KeyObject;
  readonly issuerName?: TestName;
}

export interface RevokedOptions {
  /** Hex. */
  readonly serial: string;
  readonly revokedAt?: number;
  /** RFC 5280 5.3.1 name. */
  readonly reason?: string;
  readonly extensions?: readonly TestExtension[];
}

export interface TestCrl {
  readonly der: Uint8Array;
  readonly pem: string;
  readonly facts: CrlFacts;
}

type TestHash = 'sha1' | 'sha256' | 'sha384' | 'sha512';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A certificate with its key. Whether it may issue others is left to who checks it. */
export class TestCertificate {
  readonly der: Uint8Array;
  readonly key: KeyObject;
  /** Above it, nearest first; empty for a root. */
  readonly issuers: readonly TestCertificate[];
  /** DER of its subject. */
  readonly subjectName: Uint8Array;
  readonly keyId: string;
  #facts: CertificateFacts | undefined;

  constructor(issuer: TestCertificate | undefined, options: CertificateOptions) {
    this.key = typeof options.key === 'object' ? options.key : makeKey(options.key ?? 'ec');
    this.issuers = issuer === undefined ? [] : [issuer, ...issuer.issuers];
    this.subjectName = encodeTestName(options.subject ?? [{ type: 'CN', value: options.cn ?? options.name ?? 'Test' }]);
    this.keyId = options.subjectKeyId ?? defaultKeyId(this.key);
    this.der = writeTestCertificate(this, issuer ?? this, options);
  }

  /** Read at the first use, for a test may want a certificate that cannot be read. */
  get facts(): CertificateFacts {
    this.#facts ??= parseCertificate(this.der);
    return this.#facts;
  }

  get pem(): string {
    return encodePem('CERTIFICATE', this.der);
  }

  get keyPem(): string {
    return this.key.export({ format: 'pem', type: 'pkcs8' }).toString();
  }

  /** Itself and the intermediates, without the root. */
  get chainPem(): string {
    return [this, ...this.issuers.slice(0, -1)].map(({ pem }) => pem).join('');
  }

  /** The root above it, or itself. */
  get root(): TestCertificate {
    return this.issuers.at(-1) ?? this;
  }

  intermediate(options: CertificateOptions = {}): TestCertificate {
    return new TestCertificate(this, { ...AUTHORITY, name: 'Test Intermediate', ...options });
  }

  client(options: CertificateOptions = {}): TestCertificate {
    return new TestCertificate(this, { ...END_ENTITY, eku: [PURPOSE.clientAuth], name: 'alice', ...options });
  }

  /** For `localhost` and 127.0.0.1 when no names are given. */
  server(options: CertificateOptions = {}): TestCertificate {
    return new TestCertificate(this, { ...END_ENTITY, ...SERVER, ...options });
  }

  crl(options: CrlOptions = {}): TestCrl {
    const der = writeTestCrl(this, options);
    return { der, pem: encodePem('X509 CRL', der), facts: parseCrl(der) };
  }
}

const AUTHORITY: CertificateOptions = { ca: true, keyUsage: ['keyCertSign', 'cRLSign'] };
const END_ENTITY: CertificateOptions = { ca: false, keyUsage: ['digitalSignature'] };
const SERVER: CertificateOptions = {
  name: 'localhost',
  eku: [PURPOSE.serverAuth],
  san: [
    { kind: 'dns', value: 'localhost' },
    { kind: 'ip', value: '127.0.0.1' },
  ],
};

/** A self-signed authority. */
export function makeRoot(options: CertificateOptions = {}): TestCertificate {
  return new TestCertificate(undefined, { ...AUTHORITY, name: 'Test Root', ...options });
}

const rsaKeys = new Map<number, KeyObject>();

/** RSA keys are slow to make, and so there is one of each size in a process. */
export function makeKey(kind: TestKeyKind): KeyObject {
  if (kind === 'ed25519') return generateKeyPairSync('ed25519').privateKey;
  if (kind === 'rsa2048' || kind === 'rsa1024') {
    const bits = Number(kind.slice(3));
    const key = rsaKeys.get(bits) ?? generateKeyPairSync('rsa', { modulusLength: bits }).privateKey;
    rsaKeys.set(bits, key);
    return key;
  }
  const namedCurve = { ec: 'P-256', p384: 'P-384', p521: 'P-521' }[kind];
  return generateKeyPairSync('ec', { namedCurve }).privateKey;
}

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

function defaultKeyId(key: KeyObject): string {
  return Buffer.from(keyIdentifier(exportSpki(key))).toString('hex');
}

function writeTestCertificate(
  subject: TestCertificate,
  issuer: TestCertificate,
  options: CertificateOptions,
): Uint8Array {
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

function certificateExtensions(
  subject: TestCertificate,
  issuer: TestCertificate,
  options: CertificateOptions,
): Uint8Array[] {
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

function algorithmOf(key: KeyObject, hash: TestHash = 'sha256'): TestAlgorithm {
  if (key.asymmetricKeyType === 'ed25519') {
    return { der: sequence(oid('1.3.101.112')), sign: (tbs) => sign(undefined, tbs, key) };
  }
  const der =
    key.asymmetricKeyType === 'rsa'
      ? sequence(oid(`1.2.840.113549.1.1.${RSA_OIDS[hash]}`), nullValue())
      : sequence(oid(`1.2.840.10045.4.${ECDSA_OIDS[hash]}`));
  return { der, sign: (tbs) => sign(hash, tbs, key) };
}

function writeTestCrl(issuer: TestCertificate, options: CrlOptions): Uint8Array {
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
    ...(revoked.length === 0 ? [] : [sequence(...revoked)]),
    ...(extensions.length === 0 ? [] : [context(0, sequence(...extensions))]),
  );
  return sequence(tbs, algorithm.der, bitString(algorithm.sign(tbs)));
}

function encodeRevoked(entry: string | TestCertificate | RevokedOptions, thisUpdate: number): Uint8Array {
  if (typeof entry === 'string') return encodeRevoked({ serial: entry }, thisUpdate);
  if (entry instanceof TestCertificate) return encodeRevoked({ serial: entry.facts.serial }, thisUpdate);
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
