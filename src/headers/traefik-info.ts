// What does Traefik say of a client? The value of X-Forwarded-Tls-Client-Cert-Info.

import type { CertificateFacts, DistinguishedName } from '../model/certificate.ts';
import { attributeValues } from '../x509/name-text.ts';
import { type FieldValue, joinWithin } from './field.ts';
import { encodeAll, encodeListItem, encodeQuery } from './value-text.ts';

/** Traefik writes the attributes by type and leaves out the others. Its SN is the serial number of a device or person. */
const SUBJECT_TYPES: readonly (readonly [string, string])[] = [
  ['DC', '0.9.2342.19200300.100.1.25'],
  ['C', '2.5.4.6'],
  ['ST', '2.5.4.8'],
  ['L', '2.5.4.7'],
  ['O', '2.5.4.10'],
  ['OU', '2.5.4.11'],
  ['SN', '2.5.4.5'],
  ['CN', '2.5.4.3'],
];
const ISSUER_TYPES = SUBJECT_TYPES.filter(([label]) => label !== 'OU');

const SAN_KINDS = ['dns', 'email', 'ip', 'uri'] as const;

/** `Subject="...";Issuer="...";SerialNumber="...";NB="...";NA="...";SAN="..."`, the whole of it encoded as a query. */
export function writeTraefikInfo(leaf: CertificateFacts, maxBytes: number): FieldValue {
  const pairs = [
    ['Subject', writeName(leaf.subject, SUBJECT_TYPES)],
    ['Issuer', writeName(leaf.issuer, ISSUER_TYPES)],
    ['SerialNumber', BigInt(`0x${leaf.serial}`).toString()],
    ['NB', String(leaf.notBefore / 1000)],
    ['NA', String(leaf.notAfter / 1000)],
    ['SAN', writeAlternativeNames(leaf)],
  ] as const;
  const writePair = ([key, value]: (typeof pairs)[number]) =>
    value === '' ? undefined : encodeQuery(`${key}="${value}"`);
  return joinWithin(pairs, writePair, encodeQuery(';'), maxBytes);
}

function writeName(name: DistinguishedName, types: typeof SUBJECT_TYPES): string {
  return types
    .flatMap(([label, oid]) => attributeValues(name, oid).map((value) => [label, value] as const))
    .filter(([, value]) => value !== '')
    .map(([label, value]) => `${label}=${disarm(value)}`)
    .join(',');
}

/** Traefik puts values in as they are; here what could end one, begin another or hide in a line is `%XX`, `%` too. */
function disarm(value: string): string {
  return value.replace(/["%,;=\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, encodeAll);
}

function writeAlternativeNames({ known }: CertificateFacts): string {
  const names = known.subjectAltNames ?? [];
  return SAN_KINDS.flatMap((kind) =>
    names.flatMap((name) => (name.kind === kind ? [encodeListItem(name.value)] : [])),
  ).join(',');
}
