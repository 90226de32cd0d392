// The one table of fields: what can be written about a client, in which encodings.

import { createHash } from 'node:crypto';
import type { CertificateFacts, DistinguishedName, GeneralName } from '../model/certificate.ts';
import type { Identity, Unverified } from '../model/identity.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import { encodePem } from '../x509/pem.ts';
import { encodeListItem, encodeText } from './value-text.ts';

/** Whom a request comes from; never both. */
export interface Passed {
  readonly identity: Identity | undefined;
  readonly unverified: Unverified | undefined;
}

/** Stands for a text longer than the limit. A value is never cut short: a part of a list would be another identity. */
export const OVERSIZE = Symbol('oversize');

/** Undefined: there is nothing to write, and the header is not sent. */
export type FieldValue = string | undefined | typeof OVERSIZE;

/** `maxBytes`: past it the writing of lists may stop with OVERSIZE; the sum over all headers is the caller's to check. */
export type WriteField = (passed: Passed, maxBytes: number) => FieldValue;

export interface Field {
  /** One line for the manual. */
  readonly meaning: string;
  readonly write: WriteField;
}

const COMMON_NAME = '2.5.4.3';

export const FIELDS = {
  'verify.state': {
    meaning: '`SUCCESS`, `NONE`, or `FAILED:<code>` under `forward-unverified`',
    write: ({ identity, unverified }) => {
      if (identity !== undefined) return 'SUCCESS';
      return unverified === undefined ? 'NONE' : `FAILED:${unverified.code}`;
    },
  },
  'subject.rfc4514': ofCertificate('subject, most specific first: `CN=alice,O=Acme`', (leaf) =>
    writeName(leaf.subject),
  ),
  'subject.cn': ofCertificate('common name; absent unless the subject has exactly one', (leaf) =>
    writeOnlyValue(leaf.subject, COMMON_NAME),
  ),
  'issuer.rfc4514': ofCertificate('issuer, most specific first', (leaf) => writeName(leaf.issuer)),
  'serial.hex': ofCertificate('serial number: `0A1B2C`', (leaf) => leaf.serial),
  'serial.decimal': ofCertificate('serial number: `662316`', (leaf) => BigInt(`0x${leaf.serial}`).toString()),
  'serial.colon': ofCertificate('serial number: `0A:1B:2C`', (leaf) => leaf.serial.replace(/..(?!$)/g, '$&:')),
  'fingerprint.sha256': ofCertificate('SHA-256 of the DER, lower-case hex', (leaf) => leaf.fingerprint),
  'fingerprint.sha1': ofCertificate('SHA-1 of the DER, upper-case hex, as .NET and Azure name it', (leaf) =>
    createHash('sha1').update(leaf.der).digest('hex').toUpperCase(),
  ),
  'spki.sha256': ofCertificate('SHA-256 of the public key (SPKI), lower-case hex', (leaf) => leaf.publicKey.spkiHash),
  'notBefore.rfc3339': ofCertificate('first moment of validity: `2026-01-31T12:00:00Z`', (leaf) =>
    writeInstant(leaf.notBefore),
  ),
  'notAfter.rfc3339': ofCertificate('last moment of validity', (leaf) => writeInstant(leaf.notAfter)),
  'san.list': ofCertificate(
    'alternative names: `DNS:a.example, URI:spiffe://x/y, email:a@b, UPN:alice@corp`',
    (leaf, max) => joinWithin(leaf.known.subjectAltNames ?? [], writeLabelledName, max),
  ),
  'san.dns': ofNames('DNS names', 'dns'),
  'san.uri': ofNames('URIs', 'uri'),
  'san.email': ofNames('mail addresses', 'email'),
  'san.ip': ofNames('IP addresses', 'ip'),
  'san.upn': ofNames('Microsoft user principal names', 'upn'),
  'cert.base64': ofCertificate('the certificate: base64 of the DER, one line', (leaf) => writeBase64(leaf.der)),
  'cert.pem-url': ofCertificate('the certificate: PEM, percent-encoded, as nginx sends it', (leaf) =>
    encodeURIComponent(encodePem('CERTIFICATE', leaf.der)),
  ),
  'cert.rfc9440': ofCertificate('the certificate: `:base64:`', (leaf) => writeByteSequence(leaf.der)),
  'chain.rfc9440': of('the verified intermediates, the leaf’s issuer first: `:base64:, :base64:`', ({ path }, max) =>
    joinWithin(path.slice(1, -1), (certificate) => writeByteSequence(certificate.der), max),
  ),
  'account.name': of('account of the directory or of a mapping', ({ account }) =>
    account === undefined ? undefined : encodeText(account.name),
  ),
} as const satisfies Readonly<Record<string, Field>>;

export type FieldName = keyof typeof FIELDS;

/**
 * Base64 of a certificate that failed. Not a row of the table: only format x-client may write it, under a name that no
 * service can take for an identity.
 */
export const writeUnverifiedCertificate: WriteField = ({ unverified }) =>
  unverified === undefined ? undefined : writeBase64(unverified.leaf);

/** Finds the field that a custom header names, such as `serial.decimal`. */
export function compileField(text: string): Field | { readonly problem: string } {
  if (Object.hasOwn(FIELDS, text)) return FIELDS[text as FieldName];
  return { problem: `there is no field "${text}"; expected one of ${Object.keys(FIELDS).join(', ')}` };
}

function of(meaning: string, write: (identity: Identity, maxBytes: number) => FieldValue): Field {
  return {
    meaning,
    write: ({ identity }, maxBytes) => (identity === undefined ? undefined : write(identity, maxBytes)),
  };
}

function ofCertificate(meaning: string, write: (leaf: CertificateFacts, maxBytes: number) => FieldValue): Field {
  return of(meaning, ({ certificate }, maxBytes) => write(certificate, maxBytes));
}

function ofNames(what: string, kind: 'dns' | 'uri' | 'email' | 'ip' | 'upn'): Field {
  const writeItem = (name: GeneralName) => (name.kind === kind ? encodeListItem(name.value) : undefined);
  return ofCertificate(`alternative names: the ${what}, \`, \` between them`, (leaf, maxBytes) =>
    joinWithin(leaf.known.subjectAltNames ?? [], writeItem, maxBytes),
  );
}

/** RFC 4514 2.4 lets a last space be `\ ` or `\20`; HTTP would trim the first form and leave a lone backslash. */
function writeName(name: DistinguishedName): string {
  return formatRfc4514(name).replace(/\\ $/, '\\20');
}

/** Two common names would let the upstream pick one, and a certificate authority may have checked only the other. */
function writeOnlyValue(name: DistinguishedName, type: string): FieldValue {
  const found = name.rdns.flat().filter((attribute) => attribute.type === type);
  const value = found.length === 1 ? found[0]?.value : undefined;
  return value === undefined ? undefined : encodeText(value);
}

/** RFC 3339 in UTC. Certificates know whole seconds only (RFC 5280 4.1.2.5), so that the milliseconds are always zero. */
function writeInstant(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z');
}

function writeBase64(der: Uint8Array): string {
  return Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64');
}

/** A byte sequence of structured fields (RFC 9651 3.3.5). */
function writeByteSequence(der: Uint8Array): string {
  return `:${writeBase64(der)}:`;
}

function writeLabelledName(name: GeneralName): string | undefined {
  switch (name.kind) {
    case 'dns':
      return `DNS:${encodeListItem(name.value)}`;
    case 'uri':
      return `URI:${encodeListItem(name.value)}`;
    case 'email':
      return `email:${encodeListItem(name.value)}`;
    case 'upn':
      return `UPN:${encodeListItem(name.value)}`;
    case 'ip':
      return `IP:${encodeListItem(name.value)}`;
    case 'directoryName':
      return `DirName:${encodeListItem(formatRfc4514(name.name))}`;
    case 'registeredId':
      return `RID:${encodeListItem(name.value)}`;
    case 'other': // has no text form that anybody reads
      return undefined;
  }
}

function joinWithin<T>(items: readonly T[], writeItem: (item: T) => string | undefined, maxBytes: number): FieldValue {
  let text = '';
  for (const item of items) {
    const written = writeItem(item);
    if (written === undefined) continue;
    text += text === '' ? written : `, ${written}`;
    if (text.length > maxBytes) return OVERSIZE;
  }
  return text === '' ? undefined : text;
}
