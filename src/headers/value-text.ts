// How text from a certificate or a directory becomes a header value: reversible, printable ASCII, safe to split.

const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Unreserved characters of RFC 3986 2.3, and those that names of hosts, mailboxes and URIs can hardly do without. */
const LIST_SAFE = bytesOf(`${LETTERS_AND_DIGITS}-._~*:/@`);

/** All printable ASCII but `%`, which escapes, and `,`, at which upstreams split repeated headers (RFC 9110 5.3). */
const TEXT_SAFE = printableBut('%,');

/**
 * IIS puts a value in quotes when it holds a separator. ASP.NET's own parser looks for `cn=` inside quotes too, and stops at
 * any quote: with `"` and `=` encoded there is nothing in a value for it to find.
 */
const QUOTABLE = printableBut('%"=');

/** Go's url.QueryEscape, by which Traefik encodes. */
const QUERY_SAFE = bytesOf(`${LETTERS_AND_DIGITS}-._~`);

/** Whole text in a list: every UTF-8 byte outside a small safe set as `%XX`. */
export function encodeListItem(text: string): string {
  return percentEncode(text, LIST_SAFE);
}

/** A text that stands alone: readable as far as it can be, but spaces at its ends are encoded, since HTTP trims them. */
export function encodeText(text: string): string {
  return percentEncode(text, TEXT_SAFE).replace(/^ +| +$/g, (spaces) => '%20'.repeat(spaces.length));
}

/** A text that may be put between double quotes, and then may hold any separator. */
export function encodeQuotable(text: string): string {
  return percentEncode(text, QUOTABLE);
}

/** A text whose reader decodes it as a query (`+` is a space) before it takes it apart. */
export function encodeQuery(text: string): string {
  return percentEncode(text, QUERY_SAFE).replaceAll('%20', '+');
}

/** Every UTF-8 byte of the text as `%XX`. */
export function encodeAll(text: string): string {
  return percentEncode(text, new Set());
}

function percentEncode(text: string, safe: ReadonlySet<number>): string {
  let encoded = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    encoded += safe.has(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

function bytesOf(characters: string): ReadonlySet<number> {
  return new Set(Buffer.from(characters));
}

function printableBut(characters: string): ReadonlySet<number> {
  const printable = Array.from({ length: 0x7f - 0x20 }, (_, index) => 0x20 + index);
  return new Set(printable).difference(bytesOf(characters));
}
