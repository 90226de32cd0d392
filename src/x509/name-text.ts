// How is a distinguished name written, and what are its attributes called? (RFC 4514)

import type { Attribute, DistinguishedName } from '../model/certificate.ts';
import { toHex } from './der-values.ts';

/** The names of RFC 4514 3: those every reader knows. All other types are written as dotted OIDs. */
const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.6', 'C'],
  ['2.5.4.9', 'STREET'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
]);

/** What people call attribute types, in lower case: the names above, and those of OpenSSL and Windows. */
const OIDS: ReadonlyMap<string, string> = new Map([
  ...[...SHORT_NAMES].map(([oid, name]): [string, string] => [name.toLowerCase(), oid]),
  ['commonname', '2.5.4.3'],
  ['sn', '2.5.4.4'],
  ['surname', '2.5.4.4'],
  ['serialnumber', '2.5.4.5'],
  ['s', '2.5.4.8'],
  ['t', '2.5.4.12'],
  ['title', '2.5.4.12'],
  ['description', '2.5.4.13'],
  ['businesscategory', '2.5.4.15'],
  ['postalcode', '2.5.4.17'],
  ['g', '2.5.4.42'],
  ['gn', '2.5.4.42'],
  ['givenname', '2.5.4.42'],
  ['initials', '2.5.4.43'],
  ['generationqualifier', '2.5.4.44'],
  ['dnqualifier', '2.5.4.46'],
  ['pseudonym', '2.5.4.65'],
  ['organizationidentifier', '2.5.4.97'],
  ['e', '1.2.840.113549.1.9.1'],
  ['email', '1.2.840.113549.1.9.1'],
  ['emailaddress', '1.2.840.113549.1.9.1'],
]);

/** Dotted OID of an attribute type given by name (any case) or as a dotted OID; undefined when nobody knows it. */
export function attributeOid(type: string): string | undefined {
  return OIDS.get(type.toLowerCase()) ?? (/^[0-2](\.(0|[1-9]\d*))+$/.test(type) ? type : undefined);
}

/** The texts of all attributes of the type, in encoded order. */
export function attributeValues(name: DistinguishedName, type: string): string[] {
  const oid = attributeOid(type);
  return name.rdns.flat().flatMap((found) => (found.type === oid && found.value !== undefined ? [found.value] : []));
}

/** The text of RFC 4514, most specific first, in printable ASCII only. The empty name is the empty text. */
export function formatRfc4514(name: DistinguishedName): string {
  return name.rdns
    .map((rdn) => rdn.map(formatAttribute).join('+'))
    .reverse()
    .join(',');
}

/** As much of a name as a message needs: a certificate may have 16 KiB of it, and a search may write it a thousand times. */
const SHOWN_RDNS = 6;
const SHOWN_ATTRIBUTES = 4;
const SHOWN_CHARACTERS = 40;
const SHOWN_TOTAL = 200;

/** The same for messages: the most specific part of a long name, cut. */
export function summarizeName({ rdns }: DistinguishedName): string {
  const shown = rdns.slice(-SHOWN_RDNS).map((rdn) => rdn.slice(0, SHOWN_ATTRIBUTES).map(cutAttribute));
  let text = '';
  for (const rdn of shown.reverse()) {
    if (text.length < SHOWN_TOTAL) text += `${text === '' ? '' : ','}${rdn.map(formatAttribute).join('+')}`;
  }
  return text.slice(0, SHOWN_TOTAL);
}

function cutAttribute({ type, value, der }: Attribute): Attribute {
  return { type, value: value?.slice(0, SHOWN_CHARACTERS), der: der.subarray(0, SHOWN_CHARACTERS) };
}

function formatAttribute({ type, value, der }: Attribute): string {
  const shortName = SHORT_NAMES.get(type);
  // RFC 4514 2.4: a value of a dotted type, or without a text, is written as its encoding.
  if (shortName === undefined || value === undefined) return `${shortName ?? type}=#${toHex(der).toUpperCase()}`;
  return `${shortName}=${escapeValue(value)}`;
}

const ESCAPED = '"+,;<>\\';

/** RFC 4514 2.4. Escapes every octet outside 0x20-0x7E of the UTF-8 form too, which the RFC leaves to us. */
export function escapeValue(value: string): string {
  const octets = Buffer.from(value, 'utf8');
  let text = '';
  octets.forEach((octet, index) => {
    const character = String.fromCharCode(octet);
    const isAtEdge =
      (octet === 0x20 && (index === 0 || index === octets.length - 1)) || (octet === 0x23 && index === 0);
    if (octet < 0x20 || octet > 0x7e) text += `\\${octet.toString(16).padStart(2, '0').toUpperCase()}`;
    else text += isAtEdge || ESCAPED.includes(character) ? `\\${character}` : character;
  });
  return text;
}
