// How is something encrypted with a password? The two schemes that PKCS#12 files are written with.

import { createCipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';
import { integer, nullValue, octetString, oid, sequence } from '../x509/der-writer.ts';
import { DERIVED, derivePasswordKey } from './password-key.ts';

export interface PasswordInput {
  readonly password: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
}

export interface Encrypted {
  /** AlgorithmIdentifier, DER. */
  readonly algorithm: Uint8Array;
  readonly ciphertext: Uint8Array;
}

export type PasswordCipher = (content: Uint8Array, input: PasswordInput) => Encrypted;

const OID = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
  sha1TripleDes: '1.2.840.113549.1.12.1.3',
} as const;

/** PBES2 with PBKDF2, HMAC-SHA-256 and AES-256-CBC (RFC 8018 6.2, B.2.5). */
export const encryptModern: PasswordCipher = (content, { password, salt, iterations }) => {
  const iv = randomBytes(16);
  const key = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const derivation = sequence(
    oid(OID.pbkdf2),
    sequence(octetString(salt), integer(iterations), sequence(oid(OID.hmacSha256), nullValue())),
  );
  const scheme = sequence(oid(OID.aes256Cbc), octetString(iv));
  return {
    algorithm: sequence(oid(OID.pbes2), sequence(derivation, scheme)),
    ciphertext: encryptWith('aes-256-cbc', key, iv, content),
  };
};

/** pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292 appendix C), for readers that know nothing newer. */
export const encryptLegacy: PasswordCipher = (content, input) => {
  const derive = (purpose: 1 | 2, octets: number) => derivePasswordKey({ hash: 'sha1', ...input, purpose, octets });
  const parameters = sequence(octetString(input.salt), integer(input.iterations));
  return {
    algorithm: sequence(oid(OID.sha1TripleDes), parameters),
    ciphertext: encryptWith('des-ede3-cbc', derive(DERIVED.key, 24), derive(DERIVED.iv, 8), content),
  };
};

function encryptWith(cipher: string, key: Uint8Array, iv: Uint8Array, content: Uint8Array): Buffer {
  const encryption = createCipheriv(cipher, key, iv);
  return Buffer.concat([encryption.update(content), encryption.final()]);
}
