// What the bytes of an OCSP response say (RFC 6960 4.2). Made by the room `x509`, judged by `revocation`.

import type { AlgorithmIdentifier, CertificateFacts, DistinguishedName, Extension } from './certificate.ts';

/** OCSPResponseStatus (RFC 6960 4.2.1). All but the first come without a signature. */
export type OcspStatus =
  | 'successful'
  | 'malformedRequest'
  | 'internalError'
  | 'tryLater'
  | 'sigRequired'
  | 'unauthorized';

/** Which certificate is meant (RFC 6960 4.1.1). */
export interface OcspCertId {
  /** Dotted OID. */
  readonly hashAlgorithm: string;
  /** Lower-case hex, of the issuer's name as the certificate has it. */
  readonly issuerNameHash: string;
  /** Lower-case hex, of the content of the issuer's subjectPublicKey BIT STRING without the octet of unused bits. */
  readonly issuerKeyHash: string;
  /** As in CertificateFacts; undefined for a number that no certificate has which is read here. */
  readonly serial: string | undefined;
}

/** Times in ms since the epoch. */
export type OcspCertStatus =
  | { readonly kind: 'good' | 'unknown' }
  /** `reason`: RFC 5280 5.3.1 name. */
  | { readonly kind: 'revoked'; readonly revokedAt: number; readonly reason: string | undefined };

export interface OcspSingleResponse {
  readonly certId: OcspCertId;
  readonly status: OcspCertStatus;
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
  readonly extensions: readonly Extension[];
}

export type OcspResponderId =
  | { readonly kind: 'name'; readonly name: DistinguishedName }
  /** `keyHash`: SHA-1 of the responder's key as in OcspCertId, lower-case hex. */
  | { readonly kind: 'key'; readonly keyHash: string };

export interface BasicOcspResponse {
  /** What is signed. */
  readonly tbs: Uint8Array;
  readonly responderId: OcspResponderId;
  readonly producedAt: number;
  readonly responses: readonly OcspSingleResponse[];
  readonly extensions: readonly Extension[];
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  /** Those sent along that can be read: a certificate that cannot signs nothing. */
  readonly certificates: readonly CertificateFacts[];
}

export interface OcspResponseFacts {
  readonly status: OcspStatus;
  /** Dotted OID; undefined where the status is all there is. */
  readonly responseType: string | undefined;
  /** Undefined for every other type. */
  readonly basic: BasicOcspResponse | undefined;
}
