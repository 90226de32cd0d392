// The one table of fields: what can be written about a client, in which encodings.

import { createHash } from 'node:crypto';
import type { CertificateFacts, DistinguishedName } from '../model/certificate.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import { ofAllNames, ofNames } from './alternative-names.ts';
import { writeBase64, writeByteSequence, writePemAws, writePemUrl } from './certificate-text.ts';
import {
  type Field,
  type FieldValue,
  joinWithin,
  ofCertificate,
  ofChain,
  ofIdentity,
  type WriteField,
} from './field.ts';
import { keepLastSpace, writeIisName, writeOpensslName } from './name-dialects.ts';
import { writeInstant, writeOpensslInstant } from './time-text.ts';
import { writeTraefikInfo } from './traefik-info.ts';
import { encodeText } from './value-text.ts';
import { writeXfcc } from './xfcc.ts';

const COMMON_NAME = '2.5.4.3';

export const FIELDS = {
  'verify.state': {
    meaning: '`SUCCESS`, `NONE`, or `FAILED:<code>` under `forward-unverified`',
    write: ({ identity, unverified }) => {
      if (identity !== undefined) return 'SUCCESS';
      return unverified === undefined ? 'NONE' : `FAILED:${unverified.code}`;
    },
  },
  'verify.nginx': {
    meaning: '`SUCCESS` or `NONE`; absent where a certificate failed',
    // Of a certificate that failed only format x-client may tell (`forward-unverified`).
    write: ({ identity, unverified }) => {
      if (identity !== undefined) return 'SUCCESS';
      return unverified === undefined ? 'NONE' : undefined;
    },
  },
  'flags.iis': ofCertificate('`1`: there is a certificate, and its issuer is known', () => '1'),
  'subject.rfc4514': ofCertificate('subject, most specific first: `CN=alice,O=Acme`', (leaf) =>
    writeName(leaf.subject),
  ),
  'subject.openssl': ofCertificate('the same with OpenSSL’s names of types: `emailAddress=a@b,CN=alice`', (leaf) =>
    writeOpensslName(leaf.subject),
  ),
  'subject.iis': ofCertificate('subject as Windows writes it: `O="Acme, Inc.", CN=alice`', (leaf) =>
    writeIisName(leaf.subject),
  ),
  'subject.cn': ofCertificate('common name; absent unless the subject has exactly one', (leaf) =>
    writeOnlyValue(leaf.subject, COMMON_NAME),
  ),
  'issuer.rfc4514': ofCertificate('issuer, most specific first', (leaf) => writeName(leaf.issuer)),
  'issuer.openssl': ofCertificate('the same with OpenSSL’s names of types', (leaf) => writeOpensslName(leaf.issuer)),
  'issuer.iis': ofCertificate('issuer as Windows writes it', (leaf) => writeIisName(leaf.issuer)),
  'serial.hex': ofCertificate('serial number: `0A1B2C`', (leaf) => leaf.serial),
  'serial.decimal': ofCertificate('serial number: `662316`', (leaf) => BigInt(`0x${leaf.serial}`).toString()),
  'serial.colon': ofCertificate('serial number: `0A:1B:2C`', (leaf) => separatePairs(leaf.serial, ':')),
  'serial.hyphen': ofCertificate('serial number: `0A-1B-2C`', (leaf) => separatePairs(leaf.serial, '-')),
  'fingerprint.sha256': ofCertificate('SHA-256 of the DER, lower-case hex', (leaf) => leaf.fingerprint),
  'fingerprint.sha1': ofCertificate('SHA-1 of the DER, upper-case hex, as .NET and Azure name it', (leaf) =>
    writeSha1(leaf).toUpperCase(),
  ),
  'fingerprint.sha1-lower': ofCertificate('the same in lower case, as nginx writes it', writeSha1),
  'spki.sha256': ofCertificate('SHA-256 of the public key (SPKI), lower-case hex', (leaf) => leaf.publicKey.spkiHash),
  'notBefore.rfc3339': ofCertificate('first moment of validity: `2026-01-31T12:00:00Z`', (leaf) =>
    writeInstant(leaf.notBefore),
  ),
  'notBefore.openssl': ofCertificate('first moment of validity: `Jan 31 12:00:00 2026 GMT`', (leaf) =>
    writeOpensslInstant(leaf.notBefore),
  ),
  'notAfter.rfc3339': ofCertificate('last moment of validity', (leaf) => writeInstant(leaf.notAfter)),
  'notAfter.openssl': ofCertificate('last moment of validity, as OpenSSL writes it', (leaf) =>
    writeOpensslInstant(leaf.notAfter),
  ),
  'validity.aws': ofCertificate(
    'both: `NotBefore=2026-01-31T12:00:00Z;NotAfter=2027-01-31T23:59:59Z`',
    (leaf) => `NotBefore=${writeInstant(leaf.notBefore)};NotAfter=${writeInstant(leaf.notAfter)}`,
  ),
  'san.list': ofAllNames('alternative names: `DNS:a.example, URI:spiffe://x/y, email:a@b, UPN:alice@corp`'),
  'san.dns': ofNames('DNS names', 'dns'),
  'san.uri': ofNames('URIs', 'uri'),
  'san.email': ofNames('mail addresses', 'email'),
  'san.ip': ofNames('IP addresses', 'ip'),
  'san.upn': ofNames('Microsoft user principal names', 'upn'),
  'cert.base64': ofCertificate('the certificate: base64 of the DER, one line', (leaf) => writeBase64(leaf.der)),
  'cert.pem-url': ofCertificate('the certificate: PEM, percent-encoded, as nginx sends it', writePemUrl),
  'cert.pem-aws': ofCertificate('the same, but `+`, `=` and `/` as they are', writePemAws),
  'cert.rfc9440': ofCertificate('the certificate: `:base64:`', (leaf) => writeByteSequence(leaf.der)),
  'cert.xfcc': ofCertificate('an element of Envoy’s: `Hash=…;Cert="…";Subject="…";URI=…;DNS=…`', (leaf, max) =>
    writeXfcc(leaf, undefined, max),
  ),
  'cert.traefik-info': ofCertificate('Traefik’s `Subject="…";Issuer="…";…`, encoded as a query', writeTraefikInfo),
  'chain.rfc9440': ofIdentity(
    'the verified intermediates, the leaf’s issuer first: `:base64:, :base64:`',
    ({ path }, max) => joinWithin(path.slice(1, -1), ({ der }) => writeByteSequence(der), ', ', max),
  ),
  'chain.base64': ofChain('the certificate and the verified intermediates: base64, `,` between them', (chain, max) =>
    joinWithin(chain, ({ der }) => writeBase64(der), ',', max),
  ),
  'chain.pem-aws': ofChain('the same as in `cert.pem-aws`, one behind the other', (chain, max) =>
    joinWithin(chain, writePemAws, '', max),
  ),
  'chain.xfcc': ofIdentity('`cert.xfcc` with the same in `Chain="…"`', ({ certificate, path }, max) =>
    writeXfcc(certificate, [certificate, ...path.slice(1, -1)], max),
  ),
  'account.name': ofIdentity('account of the directory or of a mapping', ({ account }) =>
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

function writeName(name: DistinguishedName): string {
  return keepLastSpace(formatRfc4514(name));
}

/** Two common names would let the upstream pick one, and a certificate authority may have checked only the other. */
function writeOnlyValue(name: DistinguishedName, type: string): FieldValue {
  const found = name.rdns.flat().filter((attribute) => attribute.type === type);
  const value = found.length === 1 ? found[0]?.value : undefined;
  return value === undefined ? undefined : encodeText(value);
}

function separatePairs(hex: string, separator: string): string {
  return hex.replace(/..(?!$)/g, `$&${separator}`);
}

/** Lower-case hex. */
function writeSha1({ der }: CertificateFacts): string {
  return createHash('sha1').update(der).digest('hex');
}
