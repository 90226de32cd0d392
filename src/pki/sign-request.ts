// What does an authority make of a request? The names are the holder's to ask for, everything else is the authority's.

import type { CertificateFacts, GeneralName, KeyUsage, RequestFacts } from '../model/certificate.ts';
import { EXTENSION } from '../x509/extensions.ts';
import { findKeyWeakness } from '../x509/key-strength.ts';
import { checkSignature, type SignatureFault } from '../x509/signature.ts';
import type { Authority, Lifetime } from './authority.ts';
import { certifyEndEntity, type Purpose } from './end-entity.ts';
import { encodeExtension, PURPOSE } from './extensions.ts';

/** The defaults of the gateway's own `validation.minRsaBits` and `maxRsaBits`. */
const KEY_LIMITS = { minRsaBits: 2048, maxRsaBits: 8192 };

const SIGNATURE_FAULTS: Readonly<Record<SignatureFault, string>> = {
  'algorithm-unknown': 'it is signed with an algorithm that is not known',
  'algorithm-weak': 'it is signed with an algorithm that is broken',
  'key-mismatch': 'its signature is of another kind than its key',
  'signature-wrong': 'its signature is wrong: who made it does not hold the key, or it was changed on the way',
};

/** Kinds of name that this gateway can show, and whoever signs can judge. */
const NAME_KINDS: ReadonlySet<GeneralName['kind']> = new Set(['dns', 'email', 'uri', 'ip', 'upn']);

const PURPOSE_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries(PURPOSE).map(([name, purposeOid]) => [purposeOid, name]),
);

/** Why it cannot be signed; empty when it can. */
export function findRequestProblems(issuer: Authority, request: RequestFacts): string[] {
  const fault = checkSignature(request, request.publicKey);
  const weakness = findKeyWeakness(request.publicKey, KEY_LIMITS);
  const names = request.known.subjectAltNames ?? [];
  const strange = names.find(({ kind }) => !NAME_KINDS.has(kind));
  const problems = [
    fault && SIGNATURE_FAULTS[fault],
    weakness,
    strange && `it asks for an alternative name of the kind ${strange.kind === 'other' ? strange.type : strange.kind}`,
    request.subject.rdns.length === 0 && names.length === 0 && 'it has no names',
    request.subject.matchKey === issuer.certificate.subject.matchKey && 'it asks for the name of the authority itself',
  ];
  return problems.filter((problem) => typeof problem === 'string');
}

/** What it asks for and does not get, as sentences that go on after "asks for". */
export function listUngranted({ known, extensions }: RequestFacts, purpose: Purpose): string[] {
  const { basicConstraints, keyUsage, extendedKeyUsage } = known;
  const usages = [...(keyUsage ?? [])].filter((usage: KeyUsage) => usage !== 'digitalSignature');
  const purposes = (extendedKeyUsage ?? []).filter((asked) => asked !== PURPOSE[purpose]);
  return [
    ...(basicConstraints?.ca ? ['being a certificate authority'] : []),
    ...usages.map((usage) => `the key usage ${usage}`),
    ...purposes.map((asked) => `the purpose ${PURPOSE_NAMES.get(asked) ?? asked}`),
    ...extensions.filter(({ oid }) => !CONSIDERED.has(oid)).map(({ oid }) => `the extension ${oid}`),
  ];
}

/** Extensions about which something else is said, or which the authority writes anyway. */
const CONSIDERED: ReadonlySet<string> = new Set([
  EXTENSION.basicConstraints,
  EXTENSION.keyUsage,
  EXTENSION.extendedKeyUsage,
  EXTENSION.subjectAltName,
  EXTENSION.subjectKeyId,
]);

export interface SigningOrder extends Lifetime {
  readonly purpose: Purpose;
}

/** For a request without problems: its subject, its alternative names and its key, certified for the purpose. */
export function signRequest(issuer: Authority, request: RequestFacts, order: SigningOrder): CertificateFacts {
  const { subject, publicKey, extensions } = request;
  const isNameless = subject.rdns.length === 0;
  const names = extensions
    .filter(({ oid }) => oid === EXTENSION.subjectAltName)
    .map(({ oid, value }) => encodeExtension(oid, isNameless, value));
  return certifyEndEntity(issuer, { ...order, subject: subject.der, subjectKey: publicKey.key(), names });
}
