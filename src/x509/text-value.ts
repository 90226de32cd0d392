// Which text does this string type hold? The character strings of ASN.1 that occur in names.

import { contentOf, type Element, TAG } from './der.ts';
import { Malformed } from './malformed.ts';

/**
 * More combining marks in a row than any language has: the limit of Unicode's Stream-Safe Text Format (UAX #15, 13). The
 * time to normalize grows with the square of such a run, and what nobody sees does not interrupt it.
 */
const ENDLESS_MARKS = /(?:\p{M}[\p{Cc}\p{Cf}\ufffc]*){31}/u;

/** The text of a character string; undefined where the element is of another type. */
export function readText(element: Element): string | undefined {
  const text = decodeText(element);
  if (text !== undefined && ENDLESS_MARKS.test(text)) throw new Malformed(element.where, 'too many combining marks');
  return text;
}

function decodeText(element: Element): string | undefined {
  switch (element.tag) {
    case TAG.utf8String:
      return decode(element, 'utf-8');
    case TAG.bmpString:
      return decode(element, 'utf-16be');
    case TAG.universalString:
      return readUniversal(element);
    // Nobody writes real T.61; everybody reads it as Latin-1.
    case TAG.teletexString:
      return Buffer.from(contentOf(element)).toString('latin1');
    case TAG.printableString:
    case TAG.ia5String:
    case TAG.numericString:
    case TAG.visibleString:
      return readAscii(element);
    default:
      return undefined;
  }
}

/** Seven-bit text. PrintableString's smaller alphabet is not enforced: `*`, `@` and `_` in it are common, and harmless. */
export function readAscii(element: Element): string {
  const octets = contentOf(element);
  if (octets.some((octet) => octet > 0x7f)) throw new Malformed(element.where, 'text is not ASCII');
  return Buffer.from(octets).toString('latin1');
}

/** Text for people and machines: not empty, no control character. */
export function checkPlain(text: string, element: Element): string {
  if (text === '') throw new Malformed(element.where, 'empty');
  return checkPrintable(text, element);
}

export function checkPrintable(text: string, element: Element): string {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || unit === 0x7f) throw new Malformed(element.where, 'control character in text');
  }
  return text;
}

function decode(element: Element, encoding: 'utf-8' | 'utf-16be'): string {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(contentOf(element));
  } catch {
    throw new Malformed(element.where, `text is not ${encoding === 'utf-8' ? 'UTF-8' : 'UCS-2'}`);
  }
}

function readUniversal(element: Element): string {
  const octets = contentOf(element);
  if (octets.length % 4 !== 0) throw new Malformed(element.where, 'text is not UCS-4');
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  let text = '';
  for (let at = 0; at < octets.length; at += 4) {
    const point = view.getUint32(at);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
      throw new Malformed(element.where, 'no such character');
    text += String.fromCodePoint(point);
  }
  return text;
}
