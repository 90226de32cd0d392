// How is a moment written? Certificates know whole seconds in UTC only (RFC 5280 4.1.2.5).

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** RFC 3339: `2026-01-31T12:00:00Z`. Milliseconds are always zero. */
export function writeInstant(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z');
}

/** OpenSSL's ASN1_TIME_print: `Jan 31 12:00:00 2026 GMT`, a day of one digit behind two spaces. */
export function writeOpensslInstant(milliseconds: number): string {
  const date = new Date(milliseconds);
  const day = String(date.getUTCDate()).padStart(2);
  const time = date.toISOString().slice(11, 19);
  return `${MONTHS[date.getUTCMonth()]} ${day} ${time} ${date.getUTCFullYear()} GMT`;
}
