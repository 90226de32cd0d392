// Who is named here? Distinguished names (RFC 5280 4.1.2.4) and the key by which two of them match (7.1).

import type { Attribute, DistinguishedName } from '../model/certificate.ts';
import { derOf, type Element, expectTag, inside, insideEach, TAG } from './der.ts';
import { checkAny, readOid, toHex } from './der-values.ts';
import { Malformed } from './malformed.ts';
import { readText } from './text-value.ts';

export function readName(element: Element): DistinguishedName {
  expectTag(element, TAG.sequence);
  const rdns = insideEach(element, readRelativeName);
  return { rdns, der: derOf(element), matchKey: matchKeyOf(rdns) };
}

/** The order of a SET OF (X.690 11.6) is not enforced: CAs get it wrong, and OpenSSL, Go and this code ignore it. */
function readRelativeName(element: Element): Attribute[] {
  return readAttributes(expectTag(element, TAG.set));
}

/** The same under any tag, as in nameRelativeToCRLIssuer. */
export function readAttributes(element: Element): Attribute[] {
  const attributes = insideEach(element, readAttribute);
  if (attributes.length === 0) throw new Malformed(element.where, 'empty relative name');
  return attributes;
}

function readAttribute(element: Element): Attribute {
  expectTag(element, TAG.sequence);
  return inside(element, (fields) => {
    const type = readOid(fields.read('type', TAG.oid));
    const value = checkAny(fields.read('value'));
    return { type, value: readText(value), der: derOf(value) };
  });
}

/** The key of a name made of these relative names, most general first. */
export function matchKeyOf(rdns: readonly (readonly Attribute[])[]): string {
  return JSON.stringify(rdns.map((rdn) => rdn.map(attributeKey).sort()));
}

/** Does `name` begin with all relative names of `base`, most general first? The empty base contains every name. */
export function isWithinName(name: DistinguishedName, base: DistinguishedName): boolean {
  if (base.rdns.length === 0) return true;
  // Both keys are lists of lists in JSON, where a complete inner list is never the beginning of another one.
  return name.rdns.length >= base.rdns.length && name.matchKey.startsWith(base.matchKey.slice(0, -1));
}

function attributeKey({ type, value, der }: Attribute): string {
  return value === undefined ? `${type}#${toHex(der)}` : `${type}=${foldText(value)}`;
}

// RFC 4518 2.2: what counts as a space, and what counts as nothing.
const SPACES = /[\t\n\v\f\r\u0085\p{Z}]+/gu;
const INVISIBLE = /\p{Cc}|\p{Cf}|\p{Variation_Selector}|\u034f|\ufffc/gu;

/** String preparation for comparison (RFC 5280 7.1, RFC 4518 2): case, white space and compatibility forms folded. */
function foldText(text: string): string {
  const mapped = text.replace(SPACES, ' ').replace(INVISIBLE, '');
  return mapped.normalize('NFKC').toLowerCase().normalize('NFKC').replace(SPACES, ' ').trim();
}
