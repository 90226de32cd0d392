// Which names besides the subject's are there? GeneralName (RFC 5280 4.2.1.6).

import type { ConstrainedName, GeneralName } from '../model/certificate.ts';
import { contentOf, derOf, type Element, expectTag, inside, insideEach, TAG } from './der.ts';
import { checkAny, readOid } from './der-values.ts';
import { formatIp } from './ip-text.ts';
import { Malformed } from './malformed.ts';
import { readName } from './name.ts';
import { checkPlain, checkPrintable, readAscii, readText } from './text-value.ts';

/** Microsoft user principal name, an otherName. */
export const UPN_OID = '1.3.6.1.4.1.311.20.2.3';

/** GeneralNames: at least one. The tag of the element is the caller's business. */
export function readGeneralNames(element: Element): GeneralName[] {
  const names = insideEach(element, readGeneralName);
  if (names.length === 0) throw new Malformed(element.where, 'no names');
  return names;
}

export function readGeneralName(element: Element): GeneralName {
  switch (element.tag) {
    case 0xa0:
      return readOtherName(element);
    case 0x81:
      return { kind: 'email', value: checkPlain(readAscii(element), element) };
    case 0x82:
      return { kind: 'dns', value: checkPlain(readAscii(element), element) };
    case 0x86:
      return { kind: 'uri', value: checkPlain(readAscii(element), element) };
    case 0x87:
      return readIp(element);
    case 0xa4:
      return { kind: 'directoryName', name: inside(element, (fields) => readName(fields.read('directoryName'))) };
    case 0x88:
      return { kind: 'registeredId', value: readOid(element) };
    case 0xa3:
      return { kind: 'other', type: 'x400Address', der: derOf(checkAny(element)) };
    case 0xa5:
      return { kind: 'other', type: 'ediPartyName', der: derOf(checkAny(element)) };
    default:
      throw new Malformed(element.where, 'no kind of name');
  }
}

/**
 * The base of a subtree (RFC 5280 4.2.1.10): an empty DNS name, mail address or URI host stands for all of its kind, a
 * leading dot for what is below, and an IP address has a mask behind it.
 */
export function readConstrainedName(element: Element): ConstrainedName {
  switch (element.tag) {
    case 0x81:
      return { kind: 'email', value: checkPrintable(readAscii(element), element) };
    case 0x82:
      return { kind: 'dns', value: checkPrintable(readAscii(element), element) };
    case 0x86:
      return { kind: 'uri', value: checkPrintable(readAscii(element), element) };
    case 0x87:
      return readIpRange(element);
    default:
      return readGeneralName(element);
  }
}

function readIp(element: Element): GeneralName {
  const bytes = contentOf(element);
  if (bytes.length !== 4 && bytes.length !== 16) throw new Malformed(element.where, 'iPAddress of a wrong length');
  return { kind: 'ip', value: formatIp(bytes), bytes };
}

function readIpRange(element: Element): ConstrainedName {
  const bytes = contentOf(element);
  if (bytes.length !== 8 && bytes.length !== 32) throw new Malformed(element.where, 'address range of a wrong length');
  const half = bytes.length / 2;
  return { kind: 'ip', value: `${formatIp(bytes.subarray(0, half))}/${formatIp(bytes.subarray(half))}`, bytes };
}

function readOtherName(element: Element): GeneralName {
  return inside(element, (fields) => {
    const type = readOid(fields.read('type-id', TAG.oid));
    const value = inside(fields.read('value', 0xa0), (wrapped) => checkAny(wrapped.read('any')));
    if (type !== UPN_OID) return { kind: 'other', type, der: derOf(element) };
    const text = readText(expectTag(value, TAG.utf8String)) ?? '';
    return { kind: 'upn', value: checkPlain(text, value) };
  });
}
