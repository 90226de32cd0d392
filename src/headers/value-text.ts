// How text from a certificate or a directory becomes a header value: reversible, printable ASCII, safe to split.

const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Unreserved characters of RFC 3986 2.3, and those that names of hosts, mailboxes and URIs can hardly do without. */
const LIST_SAFE: ReadonlySet<number> = new Set(Buffer.from(`${LETTERS_AND_DIGITS}-._~*:/@`));

/** All printable ASCII but `%`, which escapes, and `,`, at which upstreams split repeated headers (RFC 9110 5.3). */
const TEXT_SAFE: ReadonlySet<number> = new Set(
  Array.from({ length: 0x7f - 0x20 }, (_, index) => 0x20 + index).filter((byte) => byte !== 0x25 && byte !== 0x2c),
);

/** Whole text in a list: every UTF-8 byte outside a small safe set as `%XX`. */
export function encodeListItem(text: string): string {
  return percentEncode(text, LIST_SAFE);
}

/** A text that stands alone: readable as far as it can be, but spaces at its ends are encoded, since HTTP trims them. */
export function encodeText(text: string): string {
  return percentEncode(text, TEXT_SAFE).replace(/^ +| +$/g, (spaces) => '%20'.repeat(spaces.length));
}

function percentEncode(text: string, safe: ReadonlySet<number>): string {
  let encoded = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    encoded += safe.has(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
