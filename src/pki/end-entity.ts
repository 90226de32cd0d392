// How does an authority certify somebody's key? What it may be used for is the authority's word, never the holder's.

import type { KeyObject } from 'node:crypto';
import type { CertificateFacts } from '../model/certificate.ts';
import { type Authority, type Lifetime, validity } from './authority.ts';
import { writeCertificate } from './certificate.ts';
import {
  encodeAuthorityKeyId,
  encodeEndEntityConstraints,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
  encodeSubjectKeyId,
  identifierOf,
  keyIdentifier,
  PURPOSE,
} from './extensions.ts';
import { exportSpki } from './signing.ts';

export type Purpose = keyof typeof PURPOSE;

export interface EndEntity extends Lifetime {
  /** DER of the name. */
  readonly subject: Uint8Array;
  /** Private or public. */
  readonly subjectKey: KeyObject;
  readonly purpose: Purpose;
  /** DER of further extensions: what it is called. */
  readonly names: readonly Uint8Array[];
}

/** A certificate that signs handshakes for one purpose, and certifies nobody (RFC 5280 4.2.1.3, 4.2.1.9, 4.2.1.12). */
export function certifyEndEntity(issuer: Authority, request: EndEntity): CertificateFacts {
  return writeCertificate({
    issuer: issuer.certificate.subject.der,
    subject: request.subject,
    ...validity(request, issuer.certificate.notAfter),
    subjectKey: request.subjectKey,
    extensions: [
      encodeEndEntityConstraints(),
      encodeKeyUsage(['digitalSignature']),
      encodeExtendedKeyUsage([PURPOSE[request.purpose]]),
      encodeSubjectKeyId(keyIdentifier(exportSpki(request.subjectKey))),
      encodeAuthorityKeyId(identifierOf(issuer.certificate)),
      ...request.names,
    ],
    signingKey: issuer.privateKey,
  });
}
