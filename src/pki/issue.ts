// How does an authority issue certificates to servers and clients?

import { type Authority, type Credential, chainBelow, type Lifetime, validity } from './authority.ts';
import { writeCertificate } from './certificate.ts';
import {
  encodeAuthorityKeyId,
  encodeEndEntityConstraints,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
  encodeSubjectAltName,
  encodeSubjectKeyId,
  identifierOf,
  keyIdentifier,
  PURPOSE,
} from './extensions.ts';
import { generateKey, type KeyKind } from './keys.ts';
import { type AlternativeName, encodeName, type NameAttribute } from './names.ts';
import { exportSpki } from './signing.ts';

export interface EndEntityRequest extends Lifetime {
  readonly subject: readonly NameAttribute[];
  readonly alternativeNames: readonly AlternativeName[];
  readonly key?: KeyKind;
}

/** `alternativeNames` are the hosts (dns, ip): clients look at nothing else. */
export function issueServerCertificate(issuer: Authority, request: EndEntityRequest): Credential {
  return issueCertificate(issuer, request, PURPOSE.serverAuth);
}

export function issueClientCertificate(issuer: Authority, request: EndEntityRequest): Credential {
  return issueCertificate(issuer, request, PURPOSE.clientAuth);
}

function issueCertificate(issuer: Authority, request: EndEntityRequest, purpose: string): Credential {
  const { subject, alternativeNames } = request;
  const privateKey = generateKey(request.key ?? 'ec');
  const names = alternativeNames.length === 0 ? [] : [encodeSubjectAltName(alternativeNames, subject.length === 0)];
  const certificate = writeCertificate({
    issuer: issuer.certificate.subject.der,
    subject: encodeName(subject),
    ...validity(request, issuer.certificate.notAfter),
    subjectKey: privateKey,
    extensions: [
      encodeEndEntityConstraints(),
      encodeKeyUsage(['digitalSignature']),
      encodeExtendedKeyUsage([purpose]),
      encodeSubjectKeyId(keyIdentifier(exportSpki(privateKey))),
      encodeAuthorityKeyId(identifierOf(issuer.certificate)),
      ...names,
    ],
    signingKey: issuer.privateKey,
  });
  return { certificate, privateKey, chain: chainBelow(issuer, certificate) };
}
