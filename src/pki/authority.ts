// How does a certificate authority come into being?

import type { KeyObject } from 'node:crypto';
import type { CertificateFacts } from '../model/certificate.ts';
import { DAY_MS } from '../model/clock.ts';
import { encodePem } from '../x509/pem.ts';
import { writeCertificate } from './certificate.ts';
import {
  encodeAuthorityConstraints,
  encodeAuthorityKeyId,
  encodeKeyUsage,
  encodeSubjectKeyId,
  identifierOf,
  keyIdentifier,
} from './extensions.ts';
import { generateKey, type KeyKind } from './keys.ts';
import { encodeName, type NameAttribute } from './names.ts';
import { exportSpki } from './signing.ts';

/** A certificate with its private key: an authority, a server or a client. */
export interface Credential {
  readonly certificate: CertificateFacts;
  readonly privateKey: KeyObject;
  /** What is sent in a handshake: the certificate itself, then its issuers without the root. */
  readonly chain: readonly CertificateFacts[];
}

export type Authority = Credential;

export interface Lifetime {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly days: number;
}

export interface AuthorityRequest extends Lifetime {
  readonly subject: readonly NameAttribute[];
  readonly key?: KeyKind;
  /** Most intermediates below it; for a root no limit when left out, for an intermediate 0. */
  readonly pathLength?: number;
}

/** New certificates and CRLs are valid from a little earlier, for clocks that are behind. */
export const BACKDATE_MS = 5 * 60_000;

export function createRootAuthority(request: AuthorityRequest): Authority {
  const privateKey = generateKey(request.key ?? 'ec');
  const name = encodeName(request.subject);
  const keyId = keyIdentifier(exportSpki(privateKey));
  const certificate = writeCertificate({
    issuer: name,
    subject: name,
    ...validity(request, Number.POSITIVE_INFINITY),
    subjectKey: privateKey,
    extensions: authorityExtensions(keyId, keyId, request.pathLength),
    signingKey: privateKey,
  });
  return { certificate, privateKey, chain: [certificate] };
}

export function createIntermediateAuthority(issuer: Authority, request: AuthorityRequest): Authority {
  const privateKey = generateKey(request.key ?? 'ec');
  const keyId = keyIdentifier(exportSpki(privateKey));
  const certificate = writeCertificate({
    issuer: issuer.certificate.subject.der,
    subject: encodeName(request.subject),
    ...validity(request, issuer.certificate.notAfter),
    subjectKey: privateKey,
    extensions: authorityExtensions(keyId, identifierOf(issuer.certificate), request.pathLength ?? 0),
    signingKey: issuer.privateKey,
  });
  return { certificate, privateKey, chain: chainBelow(issuer, certificate) };
}

/** The chain of a certificate that the authority has just issued. */
export function chainBelow(issuer: Authority, certificate: CertificateFacts): CertificateFacts[] {
  const { subject, issuer: above } = issuer.certificate;
  return subject.matchKey === above.matchKey ? [certificate] : [certificate, ...issuer.chain];
}

/** The dates of a certificate, which does not outlive its issuer. */
export function validity({ now, days }: Lifetime, issuerNotAfter: number): { notBefore: number; notAfter: number } {
  return { notBefore: now - BACKDATE_MS, notAfter: Math.min(now + days * DAY_MS, issuerNotAfter) };
}

/** Chain as PEM, in the order of a handshake. */
export function chainPem({ chain }: Pick<Credential, 'chain'>): string {
  return chain.map(({ der }) => encodePem('CERTIFICATE', der)).join('');
}

/** PKCS#8, not encrypted. */
export function privateKeyPem({ privateKey }: Pick<Credential, 'privateKey'>): string {
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

function authorityExtensions(
  subjectId: Uint8Array,
  issuerId: Uint8Array,
  pathLength: number | undefined,
): Uint8Array[] {
  return [
    encodeAuthorityConstraints(pathLength),
    encodeKeyUsage(['keyCertSign', 'cRLSign']),
    encodeSubjectKeyId(subjectId),
    encodeAuthorityKeyId(issuerId),
  ];
}
