// How does Windows write a distinguished name? From the root down: `DC=com,DC=contoso,CN=alice`.

import type { Attribute, DistinguishedName } from '../model/certificate.ts';
import { attributeOid } from './name-text.ts';

/** The names of CertNameToStr; other types are `OID.` and the dotted OID. */
export const WINDOWS_LABELS: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.5', 'SERIALNUMBER'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'S'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'T'],
  ['2.5.4.42', 'G'],
  ['2.5.4.43', 'I'],
  ['1.2.840.113549.1.9.1', 'E'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
]);
const TYPES: ReadonlyMap<string, string> = new Map(
  [...WINDOWS_LABELS].map(([oid, label]) => [label.toLowerCase(), oid]),
);

/** Relative names from the root down; types are dotted OIDs. */
export type WindowsName = readonly (readonly { readonly type: string; readonly value: string }[])[];

/** What makes a value stand between quotes. */
const NEEDS_QUOTES = /[+,;<>#="\n]|^\s|\s$|^$/;

/** undefined where an attribute holds no text: nobody could paste it. */
export function writeWindowsName({ rdns }: DistinguishedName): string | undefined {
  const written = rdns.map((rdn) => rdn.map(writeAttribute));
  return written.flat().includes(undefined) ? undefined : written.map((rdn) => rdn.join('+')).join(',');
}

function writeAttribute({ type, value }: Attribute): string | undefined {
  if (value === undefined) return undefined;
  const text = NEEDS_QUOTES.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  return `${WINDOWS_LABELS.get(type) ?? `OID.${type}`}=${text}`;
}

const ATTRIBUTE = /\s*([A-Za-z]+|(?:OID\.)?\d+(?:\.\d+)+)=\s*(?:"((?:[^"]|"")*)"\s*|([^"+,;<>#][^"+,;<>]*))([+,]|$)/iy;

/** undefined for what is no name in this form. The empty name cannot be written. */
export function parseWindowsName(text: string): WindowsName | undefined {
  const rdns: { type: string; value: string }[][] = [[]];
  const attribute = new RegExp(ATTRIBUTE);
  let separator: string | undefined;
  do {
    const [found, label = '', quoted, plain = '', next = ''] = attribute.exec(text) ?? [];
    const bare = label.replace(/^OID\./i, '');
    const type = TYPES.get(bare.toLowerCase()) ?? attributeOid(bare);
    if (found === undefined || type === undefined) return undefined;
    rdns.at(-1)?.push({ type, value: quoted === undefined ? plain.trimEnd() : quoted.replaceAll('""', '"') });
    if (next === ',') rdns.push([]);
    separator = next;
  } while (separator !== '');
  return rdns;
}

/** Whether it is this name: every attribute, in its place, with the same text but for what `fold` folds. */
export function isNamed({ rdns }: DistinguishedName, wanted: WindowsName, fold: (text: string) => string): boolean {
  return (
    rdns.length === wanted.length &&
    rdns.every((rdn, place) => {
      const other = wanted[place] ?? [];
      const isSame = ({ type, value }: Attribute, at: number): boolean =>
        value !== undefined && type === other[at]?.type && fold(value) === fold(other[at].value);
      return rdn.length === other.length && rdn.every(isSame);
    })
  );
}
