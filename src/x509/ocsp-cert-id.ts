// By which hashes does OCSP name a certificate? CertID (RFC 6960 4.1.1).

import { hash } from 'node:crypto';
import type { CertificateFacts, PublicKeyFacts } from '../model/certificate.ts';
import type { OcspCertId } from '../model/ocsp.ts';
import { inside, readWhole, TAG } from './der.ts';
import { checkAny, readBitOctets } from './der-values.ts';

/** SHA-1 names here and protects nothing: the answer is signed, and every responder knows it (RFC 5019 2.1.1). */
export type CertIdHash = 'sha1' | 'sha256';

export const CERT_ID_HASHES: Readonly<Record<CertIdHash, string>> = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
};

/** The CertID of a certificate under its issuer. */
export function certIdOf(certificate: CertificateFacts, issuer: CertificateFacts, algorithm: CertIdHash): OcspCertId {
  return {
    hashAlgorithm: CERT_ID_HASHES[algorithm],
    issuerNameHash: hash(algorithm, certificate.issuer.der, 'hex'),
    issuerKeyHash: hashKeyBits(issuer.publicKey, algorithm),
    serial: certificate.serial,
  };
}

/** Lower-case hex over the octets of subjectPublicKey; by SHA-1 also the KeyHash of a responder (RFC 6960 4.2.1). */
export function hashKeyBits({ spki }: PublicKeyFacts, algorithm: CertIdHash): string {
  const octets = inside(readWhole(spki, 'subjectPublicKeyInfo', TAG.sequence), (fields) => {
    checkAny(fields.read('algorithm', TAG.sequence));
    return readBitOctets(fields.read('subjectPublicKey', TAG.bitString));
  });
  return hash(algorithm, octets, 'hex');
}
