// Small, exact functions from text to text.

/**
 * Folds a header name so that every spelling an upstream may take for the same name is the same: lower case, every byte
 * that is no letter or digit as `-` (CGI, WSGI, PHP and Rack turn `-` into `_`, and so cannot tell them apart).
 */
export function foldHeaderName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-');
}

/**
 * Letters A to Z in lower case, and nothing else: Unicode's folding would make other letters the same as these (the Kelvin
 * sign is a `k`), and two names one that nobody meant to be.
 */
export function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/**
 * Matches a text against a pattern in which `*` stands for any run of characters and `?` for one; `\` takes the next
 * character literally. The whole text must match. Linear in text times stars: no regular expression is made of input.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let starAt = -1;
  let resumeAt = 0;
  while (t < text.length) {
    const c = pattern[p];
    if (c === '*') {
      starAt = p++;
      resumeAt = t;
    } else if (p < pattern.length && (c === '?' || (c === '\\' ? pattern[p + 1] : c) === text[t])) {
      p += c === '\\' ? 2 : 1;
      t++;
    } else if (starAt >= 0) {
      p = starAt + 1;
      t = ++resumeAt;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** What people paste along: separators, and the direction marks that the certificate dialog of Windows puts in front. */
const AROUND_DIGITS = /[\s:\-\u200e\u200f]/g;

/** 2^160, the largest serial number (RFC 5280 4.1.2.2), has 49; leading zeros may stand before it. */
const MAX_DECIMAL_DIGITS = 60;

/**
 * Brings a serial number as people paste it to upper-case hex with an even number of digits; undefined when it is no
 * positive number. Hexadecimal (colons, hyphens, spaces, U+200E from MMC, `0x`, leading zeros, either case), with
 * `decimal:` in front decimal, and with `<SR>` (as in altSecurityIdentities) or `reversed:` in front its bytes from the
 * last to the first, as Active Directory writes them. Digits alone are hexadecimal: nothing is guessed.
 */
export function canonicalSerial(text: string): string | undefined {
  const [, hint = '', rest = ''] = /^[\s\u200e\u200f]*(decimal:|<SR>|reversed:|)(.*)$/is.exec(text) ?? [];
  const digits = rest.replace(AROUND_DIGITS, '');
  switch (hint.toLowerCase()) {
    case '':
      return toSerial(digits.replace(/^0x/i, ''));
    case 'decimal:':
      return /^\d+$/.test(digits) && digits.length <= MAX_DECIMAL_DIGITS
        ? toSerial(BigInt(digits).toString(16))
        : undefined;
    default:
      return digits.length % 2 === 0 ? toSerial((digits.match(/../g) ?? []).reverse().join('')) : undefined;
  }
}

function toSerial(digits: string): string | undefined {
  if (!/^[0-9a-f]+$/i.test(digits)) return undefined;
  const bare = digits.replace(/^0+/, '').toUpperCase();
  if (bare === '') return undefined;
  return bare.length % 2 === 0 ? bare : `0${bare}`;
}

/** Brings a SHA-256 fingerprint (with or without colons, spaces, U+200E, any case) to 64 lower-case hex digits. */
export function canonicalFingerprint(text: string): string | undefined {
  const digits = text.replace(AROUND_DIGITS, '').toLowerCase();
  return /^[0-9a-f]{64}$/.test(digits) ? digits : undefined;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `500ms`, `30s`, `5m`, `12h`, `7d` to milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  const unit = match?.[2] === undefined ? undefined : UNITS[match[2]];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

const SIZES: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** `512B`, `16KiB`, `10MiB`, `1GiB` to bytes; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,9})(B|KiB|MiB|GiB)$/.exec(text);
  const unit = match?.[2] === undefined ? undefined : SIZES[match[2]];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

const LONGEST_PRINTABLE = 1024;

/**
 * Text of a client for people: bounded, every byte outside printable ASCII as `\xx`, as in RFC 4514. Node reads a
 * request's head as Latin-1, one character for each byte.
 */
export function toPrintable(text: string): string {
  return text
    .slice(0, LONGEST_PRINTABLE)
    .replace(/[^\x20-\x7e]/gu, (character) =>
      [...Buffer.from(character, character <= '\xff' ? 'latin1' : 'utf8')]
        .map((byte) => `\\${byte.toString(16).padStart(2, '0').toUpperCase()}`)
        .join(''),
    );
}

/** RFC 3339, UTC, to the second. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '');
}
