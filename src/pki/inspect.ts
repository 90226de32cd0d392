// What does this gateway read of a certificate? For people, line by line.

import type { CertificateFacts, Extension, GeneralName, PublicKeyFacts } from '../model/certificate.ts';
import { toHex } from '../x509/der-values.ts';
import { urisOfPoints } from '../x509/distribution-points.ts';
import { EXTENSION } from '../x509/extensions.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import { PURPOSE } from './extensions.ts';

export interface InspectedField {
  readonly label: string;
  /** Printable ASCII. */
  readonly value: string;
}

const PURPOSE_NAMES: ReadonlyMap<string, string> = new Map([
  [PURPOSE.serverAuth, 'serverAuth'],
  [PURPOSE.clientAuth, 'clientAuth'],
  ['1.3.6.1.5.5.7.3.4', 'emailProtection'],
  ['1.3.6.1.5.5.7.3.9', 'OCSPSigning'],
  ['1.3.6.1.4.1.311.20.2.2', 'smartcardLogon'],
  ['2.5.29.37.0', 'anyExtendedKeyUsage'],
]);

const SAN_LABELS = { dns: 'DNS', email: 'email', uri: 'URI', ip: 'IP', upn: 'UPN', registeredId: 'RID' } as const;

/** Extensions whose content has lines of its own. */
const DECODED: ReadonlySet<string> = new Set([
  EXTENSION.basicConstraints,
  EXTENSION.keyUsage,
  EXTENSION.extendedKeyUsage,
  EXTENSION.subjectAltName,
  EXTENSION.subjectKeyId,
  EXTENSION.authorityKeyId,
  EXTENSION.crlDistributionPoints,
  EXTENSION.authorityInfoAccess,
]);

/** Labels may repeat (one line for each alternative name, address and extension); what is absent has no line. */
export function inspectCertificate(facts: CertificateFacts): InspectedField[] {
  const { known } = facts;
  return [
    ...line('subject', formatRfc4514(facts.subject)),
    ...line('issuer', formatRfc4514(facts.issuer)),
    ...line('serial', facts.serial),
    ...line('version', String(facts.version)),
    ...line('not before', formatDate(facts.notBefore)),
    ...line('not after', formatDate(facts.notAfter)),
    ...line('public key', formatKey(facts.publicKey)),
    ...line('signature algorithm', facts.signatureAlgorithm.oid),
    ...line('basic constraints', formatConstraints(known.basicConstraints)),
    ...line('key usage', known.keyUsage && [...known.keyUsage].join(', ')),
    ...line('extended key usage', known.extendedKeyUsage?.map(formatPurpose).join(', ')),
    ...listAlternativeNames(known.subjectAltNames ?? []).map((value) => ({ label: 'alternative name', value })),
    ...line('subject key id', known.subjectKeyId),
    ...line('authority key id', known.authorityKeyId),
    ...urisOfPoints(known.crlDistributionPoints).flatMap((uri) => line('CRL', uri)),
    ...known.ocspUris.flatMap((uri) => line('OCSP', uri)),
    ...known.caIssuerUris.flatMap((uri) => line('issuer certificate', uri)),
    ...facts.extensions
      .filter(({ oid }) => !DECODED.has(oid))
      .flatMap((found) => line('extension', formatOther(found))),
    ...line('SHA-256 fingerprint', facts.fingerprint),
    ...line('SHA-256 of public key', facts.publicKey.spkiHash),
  ];
}

/** For whoever is to judge the names of a request or certificate. */
export function listAlternativeNames(names: readonly GeneralName[]): string[] {
  return names.map((name) => escapeText(formatGeneralName(name)));
}

function line(label: string, value: string | undefined): InspectedField[] {
  return value === undefined ? [] : [{ label, value: escapeText(value) }];
}

/** A terminal must not obey what a certificate holds. */
export function escapeText(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (found) => `\\u{${found.codePointAt(0)?.toString(16)}}`);
}

function formatDate(ms: number): string {
  return new Date(ms).toISOString().replace('.000', '');
}

function formatKey({ kind, bits, curve, algorithm }: PublicKeyFacts): string {
  if (kind === 'other') return algorithm.oid;
  return [kind, curve, bits === 0 ? undefined : `${bits} bits`].filter((part) => part !== undefined).join(', ');
}

function formatConstraints(constraints: CertificateFacts['known']['basicConstraints']): string | undefined {
  if (constraints === undefined) return undefined;
  const { ca, pathLength } = constraints;
  return `${ca ? 'CA' : 'no CA'}${pathLength === undefined ? '' : `, path length ${pathLength}`}`;
}

function formatPurpose(oid: string): string {
  return PURPOSE_NAMES.get(oid) ?? oid;
}

function formatGeneralName(name: GeneralName): string {
  if (name.kind === 'directoryName') return `directory:${formatRfc4514(name.name)}`;
  if (name.kind === 'other') return `${name.type}:${toHex(name.der)}`;
  return `${SAN_LABELS[name.kind]}:${name.value}`;
}

function formatOther({ oid, critical, value }: Extension): string {
  return `${oid}${critical ? ' (critical)' : ''}, ${value.length} bytes`;
}
