// How do other front ends write a distinguished name? OpenSSL (nginx, AWS, Azure), Envoy made safe, and Windows.

import type { Attribute, DistinguishedName } from '../model/certificate.ts';
import { toHex } from '../x509/der-values.ts';
import { escapeValue } from '../x509/name-text.ts';
import { WINDOWS_LABELS } from '../x509/windows-name.ts';
import { encodeQuotable } from './value-text.ts';

/** OpenSSL's short names of what occurs in names of people and machines; types not listed are written as dotted OIDs. */
const OPENSSL_LABELS: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'street'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'title'],
  ['2.5.4.13', 'description'],
  ['2.5.4.15', 'businessCategory'],
  ['2.5.4.17', 'postalCode'],
  ['2.5.4.18', 'postOfficeBox'],
  ['2.5.4.20', 'telephoneNumber'],
  ['2.5.4.41', 'name'],
  ['2.5.4.42', 'GN'],
  ['2.5.4.43', 'initials'],
  ['2.5.4.44', 'generationQualifier'],
  ['2.5.4.46', 'dnQualifier'],
  ['2.5.4.65', 'pseudonym'],
  ['2.5.4.97', 'organizationIdentifier'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
  ['1.2.840.113549.1.9.2', 'unstructuredName'],
  ['1.2.840.113549.1.9.8', 'unstructuredAddress'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.3', 'mail'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.3.6.1.4.1.311.60.2.1.1', 'jurisdictionL'],
  ['1.3.6.1.4.1.311.60.2.1.2', 'jurisdictionST'],
  ['1.3.6.1.4.1.311.60.2.1.3', 'jurisdictionC'],
]);

/** As `openssl x509 -nameopt RFC2253`: most specific first, the attributes of one relative name turned round too. */
export function writeOpensslName(name: DistinguishedName): string {
  return keepLastSpace(writeReversed(name, escapeValue));
}

/**
 * The same, but every special character of a value as `\XX`, `=` too. Readers of XFCC differ in what a backslash does: some
 * drop it, some double it, some do not know it. None of them finds a quote, a separator or `CN=` in a value then, and none
 * that decodes percent signs.
 */
export function writeXfccName(name: DistinguishedName): string {
  return writeReversed(name, escapeByHex);
}

/** As IIS writes CERT_SUBJECT: in encoded order, a value with a separator between double quotes. */
export function writeIisName(name: DistinguishedName): string {
  return name.rdns.map((rdn) => rdn.map(writeIisAttribute).join(' + ')).join(', ');
}

/** RFC 4514 2.4 lets a last space be `\ ` or `\20`; HTTP would trim the first form and leave a lone backslash. */
export function keepLastSpace(text: string): string {
  return text.replace(/\\ $/, '\\20');
}

function writeReversed(name: DistinguishedName, escapeText: (value: string) => string): string {
  const writeAttribute = ({ type, value, der }: Attribute): string => {
    const label = OPENSSL_LABELS.get(type);
    if (label === undefined || value === undefined) return `${label ?? type}=#${toHex(der).toUpperCase()}`;
    return `${label}=${escapeText(value)}`;
  };
  return name.rdns
    .map((rdn) => rdn.map(writeAttribute).reverse().join('+'))
    .reverse()
    .join(',');
}

function escapeByHex(value: string): string {
  return Buffer.from(value, 'utf8')
    .toString('latin1')
    .replace(/[^ -~]|["#%+,;<=>\\]|^ | $/g, (octet) => `\\${toHex(Buffer.from(octet, 'latin1')).toUpperCase()}`);
}

/** What makes Windows put a value between quotes. A value that is empty is `""`. */
const NEEDS_QUOTES = /[+,;<>#]|^ | $|^$/;

function writeIisAttribute({ type, value, der }: Attribute): string {
  const label = WINDOWS_LABELS.get(type) ?? `OID.${type}`;
  if (value === undefined) return `${label}=#${toHex(der).toUpperCase()}`;
  const text = encodeQuotable(value);
  return `${label}=${NEEDS_QUOTES.test(text) ? `"${text}"` : text}`;
}
