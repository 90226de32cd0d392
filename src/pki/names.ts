// How are the names of a subject written? Distinguished names and alternative names as DER.

import { isIPv4, isIPv6 } from 'node:net';
import { TAG } from '../x509/der.ts';
import { context, encode, oid, sequence, setOf, utf8String } from '../x509/der-writer.ts';
import { UPN_OID } from '../x509/general-names.ts';
import { attributeOid } from '../x509/name-text.ts';

/** One attribute of a subject; `type` is a name (`CN`) or a dotted OID. */
export interface NameAttribute {
  readonly type: string;
  readonly value: string;
}

export interface AlternativeName {
  readonly kind: 'dns' | 'email' | 'uri' | 'ip' | 'upn';
  readonly value: string;
}

/** String types that RFC 5280 prescribes (appendix A); everything else is UTF8String (4.1.2.4). */
const STRING_TAGS: ReadonlyMap<string, number> = new Map([
  ['2.5.4.5', TAG.printableString],
  ['2.5.4.6', TAG.printableString],
  ['2.5.4.46', TAG.printableString],
  ['0.9.2342.19200300.100.1.25', TAG.ia5String],
  ['1.2.840.113549.1.9.1', TAG.ia5String],
]);

/** A name with one attribute in each relative name, most general first. Throws RangeError for an unknown type. */
export function encodeName(attributes: readonly NameAttribute[]): Uint8Array {
  return sequence(...attributes.map((attribute) => setOf(encodeAttribute(attribute))));
}

function encodeAttribute({ type, value }: NameAttribute): Uint8Array {
  const typeOid = attributeOid(type);
  if (typeOid === undefined) throw new RangeError(`unknown attribute type ${type}`);
  const tag = STRING_TAGS.get(typeOid);
  return sequence(oid(typeOid), tag === undefined ? utf8String(value) : encode(tag, Buffer.from(value, 'utf8')));
}

/** GeneralNames. Throws RangeError for what is no IP address; other texts are checked when the certificate is read. */
export function encodeAlternativeNames(names: readonly AlternativeName[]): Uint8Array {
  return sequence(...names.map(encodeAlternativeName));
}

function encodeAlternativeName({ kind, value }: AlternativeName): Uint8Array {
  const text = Buffer.from(value, 'utf8');
  switch (kind) {
    case 'email':
      return encode(0x81, text);
    case 'dns':
      return encode(0x82, text);
    case 'uri':
      return encode(0x86, text);
    case 'ip':
      return encode(0x87, ipOctets(value));
    case 'upn':
      return context(0, oid(UPN_OID), context(0, utf8String(value)));
  }
}

function ipOctets(text: string): Uint8Array {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number);
  // A zone (`%eth0`) means something on one machine only.
  if (!isIPv6(text) || text.includes('%')) throw new RangeError(`${text} is no IP address`);
  // The URL parser writes every IPv6 address in groups of hexadecimal digits with at most one `::`.
  const [head = '', tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::');
  const front = head.split(':').filter(Boolean);
  const back = (tail ?? '').split(':').filter(Boolean);
  const groups = [...front, ...Array<string>(8 - front.length - back.length).fill('0'), ...back];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
