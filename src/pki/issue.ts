// How does an authority issue certificates to servers and clients, with keys that it makes for them?

import { type Authority, type Credential, chainBelow, type Lifetime } from './authority.ts';
import { certifyEndEntity, type Purpose } from './end-entity.ts';
import { encodeSubjectAltName } from './extensions.ts';
import { generateKey, type KeyKind } from './keys.ts';
import { type AlternativeName, encodeName, type NameAttribute } from './names.ts';
import { encodeSidExtension, sidAlternativeName } from './sid.ts';

export interface EndEntityRequest extends Lifetime {
  readonly subject: readonly NameAttribute[];
  readonly alternativeNames: readonly AlternativeName[];
  readonly key?: KeyKind;
  /** Security identifier of the client's account in a Windows domain: `S-1-5-21-...`. */
  readonly sid?: string;
}

/** `alternativeNames` are the hosts (dns, ip): clients look at nothing else. */
export function issueServerCertificate(issuer: Authority, request: EndEntityRequest): Credential {
  return issueCertificate(issuer, request, 'serverAuth');
}

export function issueClientCertificate(issuer: Authority, request: EndEntityRequest): Credential {
  return issueCertificate(issuer, request, 'clientAuth');
}

function issueCertificate(issuer: Authority, request: EndEntityRequest, purpose: Purpose): Credential {
  const { subject, sid } = request;
  const privateKey = generateKey(request.key ?? 'ec');
  const alternativeNames = [...request.alternativeNames, ...(sid === undefined ? [] : [sidAlternativeName(sid)])];
  const names = [
    ...(alternativeNames.length === 0 ? [] : [encodeSubjectAltName(alternativeNames, subject.length === 0)]),
    ...(sid === undefined ? [] : [encodeSidExtension(sid)]),
  ];
  const entity = { now: request.now, days: request.days, subject: encodeName(subject), names };
  const certificate = certifyEndEntity(issuer, { ...entity, subjectKey: privateKey, purpose });
  return { certificate, privateKey, chain: chainBelow(issuer, certificate) };
}
