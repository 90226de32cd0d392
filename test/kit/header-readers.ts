// How would a service read what the gateway writes? Parsers by the documents of the formats, apart from what writes them.

/** Label and text of an attribute. */
export type ReadAttribute = readonly [string, string];

/** Relative names in the order of the text. */
export type ReadName = readonly (readonly ReadAttribute[])[];

const HEX_PAIR = /^[0-9A-Fa-f]{2}/;

/** RFC 4514 3, character by character. A value of the `#hex` form is given as it stands. */
export function readRfc4514(text: string): ReadName {
  if (text === '') return [];
  return splitOutside(text, ',').map((rdn) => splitOutside(rdn, '+').map(readAttribute));
}

function readAttribute(text: string): ReadAttribute {
  const at = text.indexOf('=');
  if (!/^([A-Za-z][A-Za-z0-9-]*|\d+(\.\d+)+)$/.test(text.slice(0, at))) throw new Error(`no attribute: ${text}`);
  return [text.slice(0, at), unescapeValue(text.slice(at + 1))];
}

/** Splits where the separator has no backslash before it. */
function splitOutside(text: string, separator: string): string[] {
  const parts = [''];
  for (let at = 0; at < text.length; at++) {
    const c = text[at] ?? '';
    if (c === separator) parts.push('');
    else parts[parts.length - 1] += c === '\\' ? c + (text[++at] ?? '') : c;
  }
  return parts;
}

function unescapeValue(text: string): string {
  const octets: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const c = text[at] ?? '';
    if (c !== '\\') {
      if (/[";<>]/.test(c)) throw new Error(`"${c}" without a backslash: ${text}`);
      octets.push(c.charCodeAt(0));
    } else if (HEX_PAIR.test(text.slice(at + 1))) {
      octets.push(Number.parseInt(text.slice(at + 1, at + 3), 16));
      at += 2;
    } else {
      octets.push((text[++at] ?? '').charCodeAt(0));
    }
  }
  return Buffer.from(octets).toString('utf8');
}

/**
 * X-Forwarded-Client-Cert as Envoy documents it: elements between commas, pairs between semicolons, values that hold one of
 * `,;=` between double quotes, in which `\"` is a quote.
 */
export function readXfcc(text: string): ReadAttribute[][] {
  const elements: ReadAttribute[][] = [[]];
  let rest = text;
  while (rest !== '') {
    const [whole, key = '', quoted, plain = '', end] =
      /^([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;=]*))(;|,|$)/.exec(rest) ?? [];
    if (whole === undefined) throw new Error(`no pair: ${rest}`);
    elements.at(-1)?.push([key, quoted === undefined ? plain : quoted.replaceAll('\\"', '"')]);
    rest = rest.slice(whole.length);
    if (end === ',') elements.push([]);
    if (end !== '' && rest === '') throw new Error('a separator at the end');
  }
  return elements;
}

/** The same by somebody who has never heard of quotes. */
export function splitXfcc(text: string): string[] {
  return text.split(/[;,]/).filter((part) => /^[A-Za-z]+=/.test(part));
}

/** X-Forwarded-Tls-Client-Cert-Info: decoded as a query, then keys with values between quotes. */
export function readTraefikInfo(text: string): ReadAttribute[] {
  const decoded = new URLSearchParams(`info=${text}`).get('info') ?? '';
  return decoded.split(';').map((pair) => {
    const [, key = '', value = ''] = /^([A-Za-z]+)="([^"]*)"$/.exec(pair) ?? [];
    if (key === '') throw new Error(`no pair: ${pair}`);
    return [key, value];
  });
}

/** A name inside of it: attributes between commas. */
export function readTraefikName(text: string): ReadAttribute[] {
  return text.split(',').map((attribute) => {
    const [label = '', value = '', ...more] = attribute.split('=');
    if (more.length > 0) throw new Error(`no attribute: ${attribute}`);
    return [label, decodeURIComponent(value)];
  });
}

/** CERT_SUBJECT: relative names between commas, values between quotes where they hold a separator. */
export function readIisName(text: string): ReadName {
  const rdns: ReadAttribute[][] = [];
  let rest = text;
  let before = ', ';
  while (rest !== '') {
    const [whole, label = '', quoted, plain = '', end = ''] =
      /^([A-Za-z]+|OID(?:\.\d+)+)=(?:"([^"]*)"|([^",+]*?))(, | \+ |$)/.exec(rest) ?? [];
    if (whole === undefined) throw new Error(`no attribute: ${rest}`);
    if (before === ', ') rdns.push([]);
    rdns.at(-1)?.push([label, decodeURIComponent(quoted ?? plain)]);
    rest = rest.slice(whole.length);
    before = end;
  }
  return rdns;
}

/**
 * What ASP.NET's HttpClientCertificate gives for `SubjectCN`: all that stands behind `cn=` in any case, wherever it is, up to
 * a comma or quote.
 */
export function searchIisName(text: string, label: string): string[] {
  const found = text.matchAll(new RegExp(`(?<![A-Za-z])${label}=("?)([^",]*)`, 'gi'));
  return [...found].map(([, , value = '']) => value);
}
