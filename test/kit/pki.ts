// What do tests make certificates with? Every profile is sound by default, and each part of it can be broken alone.

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { CertificateFacts, CrlFacts, KeyUsage } from '../../src/model/certificate.ts';
import { keyIdentifier, PURPOSE } from '../../src/pki/extensions.ts';
import type { AlternativeName } from '../../src/pki/names.ts';
import { exportSpki } from '../../src/pki/signing.ts';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { parseCrl } from '../../src/x509/crl.ts';
import { encodePem } from '../../src/x509/pem.ts';
import { encodeTestName, writeTestCertificate, writeTestCrl } from './pki-bytes.ts';

export { encodeTestName, PURPOSE };

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

export type TestHash = 'sha1' | 'sha256' | 'sha384' | 'sha512';

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

function defaultKeyId(key: KeyObject): string {
  return Buffer.from(keyIdentifier(exportSpki(key))).toString('hex');
}
