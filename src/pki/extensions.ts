// How are the extensions of a certificate or CRL written? (RFC 5280 4.2, 5.2, 5.3)

import { hash } from 'node:crypto';
import type { CertificateFacts, KeyUsage } from '../model/certificate.ts';
import { boolean, encode, integer, namedBits, octetString, oid, sequence } from '../x509/der-writer.ts';
import { EXTENSION, KEY_USAGES } from '../x509/extensions.ts';
import { type AlternativeName, encodeAlternativeNames } from './names.ts';

export const PURPOSE = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

/** One Extension. `value` is the DER that goes into its OCTET STRING. */
export function encodeExtension(extensionOid: string, critical: boolean, value: Uint8Array): Uint8Array {
  return sequence(oid(extensionOid), ...(critical ? [boolean(true)] : []), octetString(value));
}

/** Of a CA, critical (4.2.1.9). */
export function encodeAuthorityConstraints(pathLength: number | undefined): Uint8Array {
  const length = pathLength === undefined ? [] : [integer(pathLength)];
  return encodeExtension(EXTENSION.basicConstraints, true, sequence(boolean(true), ...length));
}

/** Of an end entity: the empty sequence says "no CA". */
export function encodeEndEntityConstraints(): Uint8Array {
  return encodeExtension(EXTENSION.basicConstraints, true, sequence());
}

/** Critical (4.2.1.3). */
export function encodeKeyUsage(usages: readonly KeyUsage[]): Uint8Array {
  const bits = usages.map((usage) => KEY_USAGES.indexOf(usage));
  return encodeExtension(EXTENSION.keyUsage, true, namedBits(bits));
}

export function encodeExtendedKeyUsage(purposes: readonly string[]): Uint8Array {
  return encodeExtension(EXTENSION.extendedKeyUsage, false, sequence(...purposes.map(oid)));
}

/** Critical where the subject is empty (4.2.1.6). */
export function encodeSubjectAltName(names: readonly AlternativeName[], critical: boolean): Uint8Array {
  return encodeExtension(EXTENSION.subjectAltName, critical, encodeAlternativeNames(names));
}

/** Any value that differs from key to key will do (4.2.1.2): 160 bits of the SHA-256 of the SubjectPublicKeyInfo. */
export function keyIdentifier(spki: Uint8Array): Uint8Array {
  return hash('sha256', spki, 'buffer').subarray(0, 20);
}

/** How a CA calls its own key, which another program may have chosen. */
export function identifierOf({ known, publicKey }: CertificateFacts): Uint8Array {
  return known.subjectKeyId === undefined ? keyIdentifier(publicKey.spki) : Buffer.from(known.subjectKeyId, 'hex');
}

export function encodeSubjectKeyId(identifier: Uint8Array): Uint8Array {
  return encodeExtension(EXTENSION.subjectKeyId, false, octetString(identifier));
}

export function encodeAuthorityKeyId(identifier: Uint8Array): Uint8Array {
  return encodeExtension(EXTENSION.authorityKeyId, false, sequence(encode(0x80, identifier)));
}

export function encodeCrlNumber(number: bigint): Uint8Array {
  return encodeExtension(EXTENSION.crlNumber, false, integer(number));
}
