// How do a key and its certificates travel in one file that a password protects? PKCS#12 (RFC 7292).

import { createHmac, hash, randomBytes } from 'node:crypto';
import { TAG } from '../x509/der.ts';
import { context, encode, integer, nullValue, octetString, oid, sequence, setOf } from '../x509/der-writer.ts';
import type { Credential } from './authority.ts';
import { encryptLegacy, encryptModern, type PasswordCipher } from './password-encryption.ts';
import { DERIVED, derivePasswordKey } from './password-key.ts';

const OID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
} as const;

interface Profile {
  readonly cipher: PasswordCipher;
  readonly macHash: 'sha1' | 'sha256';
  readonly macHashOid: string;
  readonly macOctets: number;
}

/** `legacy` is what Windows Server 2016 and older can read, and no stronger than SHA-1 and three keys of DES. */
const PROFILES: Readonly<Record<'modern' | 'legacy', Profile>> = {
  modern: { cipher: encryptModern, macHash: 'sha256', macHashOid: '2.16.840.1.101.3.4.2.1', macOctets: 32 },
  legacy: { cipher: encryptLegacy, macHash: 'sha1', macHashOid: '1.3.14.3.2.26', macOctets: 20 },
};

/** .NET refuses a file that costs more than 600 000 rounds in all; each of our three or five derivations takes these. */
const ITERATIONS = 100_000;

const SALT_OCTETS = 16;

export interface Pkcs12Options {
  /** ASCII: programs disagree about everything else. */
  readonly password: string;
  /** What Windows and browsers call it in their lists. */
  readonly friendlyName: string;
  readonly profile: keyof typeof PROFILES;
}

/** PFX with the key, its certificate and those above it. The root is left out: trust is not for this file to bring. */
export function writePkcs12(credential: Credential, options: Pkcs12Options): Uint8Array {
  const { cipher, ...mac } = PROFILES[options.profile];
  const encrypt = (content: Uint8Array) =>
    cipher(content, { password: options.password, salt: randomBytes(SALT_OCTETS), iterations: ITERATIONS });
  const key = credential.privateKey.export({ format: 'der', type: 'pkcs8' });
  const keyAttributes = attributesOf(credential, options.friendlyName);
  const { algorithm, ciphertext } = encrypt(key);
  const keyBag = bag(OID.shroudedKeyBag, sequence(algorithm, octetString(ciphertext)), keyAttributes);
  const certificateBags = credential.chain.map(({ der }, index) =>
    bag(
      OID.certificateBag,
      sequence(oid(OID.x509Certificate), context(0, octetString(der))),
      index === 0 ? keyAttributes : [],
    ),
  );
  const safe = sequence(encryptedData(encrypt(sequence(...certificateBags))), data(sequence(keyBag)));
  return sequence(integer(3), data(safe), macData(safe, options.password, mac));
}

/** ContentInfo of type data (RFC 5652 4). */
function data(content: Uint8Array): Uint8Array {
  return sequence(oid(OID.data), context(0, octetString(content)));
}

/** ContentInfo of type encryptedData (RFC 5652 8). */
function encryptedData({ algorithm, ciphertext }: ReturnType<PasswordCipher>): Uint8Array {
  const content = sequence(oid(OID.data), algorithm, encode(0x80, ciphertext));
  return sequence(oid(OID.encryptedData), context(0, sequence(integer(0), content)));
}

function bag(type: string, value: Uint8Array, attributes: readonly Uint8Array[]): Uint8Array {
  return sequence(oid(type), context(0, value), ...(attributes.length === 0 ? [] : [setOf(...attributes)]));
}

/** The same on the key and its certificate: readers find by localKeyId which belongs to which. */
function attributesOf({ chain }: Credential, friendlyName: string): Uint8Array[] {
  const name = encode(TAG.bmpString, Buffer.from(friendlyName, 'utf16le').swap16());
  const keyId = hash('sha1', chain[0]?.der ?? new Uint8Array(), 'buffer');
  return [sequence(oid(OID.friendlyName), setOf(name)), sequence(oid(OID.localKeyId), setOf(octetString(keyId)))];
}

/** RFC 7292 4: an HMAC over the content under a key of the password. */
function macData(content: Uint8Array, password: string, mac: Omit<Profile, 'cipher'>): Uint8Array {
  const { macHash, macHashOid, macOctets } = mac;
  const salt = randomBytes(SALT_OCTETS);
  const key = derivePasswordKey({
    hash: macHash,
    password,
    salt,
    iterations: ITERATIONS,
    purpose: DERIVED.mac,
    octets: macOctets,
  });
  const digest = createHmac(macHash, key).update(content).digest();
  const digestInfo = sequence(sequence(oid(macHashOid), nullValue()), octetString(digest));
  return sequence(digestInfo, octetString(salt), integer(ITERATIONS));
}
