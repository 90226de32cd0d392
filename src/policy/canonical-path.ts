// The one canonical form of a path (design rule 5). Policy and upstream see this same string, or the request is refused.
//
// Every proxy bypass of the last years is two readers of one path that disagree. So: what two readers could take
// differently is refused, what remains is decoded as far as RFC 3986 6.2.2.2 says that it means the same, and where a
// site allows a form with two readings, the path is matched under each of them.

export interface PathAllowances {
  readonly semicolon: 'refuse' | 'allow';
  readonly encodedSlash: 'refuse' | 'allow';
  readonly duplicateSlash: 'refuse' | 'allow';
}

/** The decoded segments of a path, as one reader may see them. A trailing slash gives no empty last segment. */
export type Reading = readonly string[];

export interface CanonicalPath {
  /** What is forwarded: starts with `/`, unreserved characters decoded. */
  readonly path: string;
  /** The literal reading first, then what else an upstream may read into it. At least one. */
  readonly readings: readonly Reading[];
}

const PLAIN = /^(\/[A-Za-z0-9_~-]+(\.[A-Za-z0-9_~-]+)*)*\/?$/;
const ALLOWED_BYTES = /^[\x21-\x7e]*$/;
const ESCAPE = /%([0-9a-f]{2})/gi;
const UNRESERVED = /[A-Za-z0-9_~-]/;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The canonical form of a raw path (no query), or undefined where it has none: 400 `path-invalid`. */
export function canonicalPath(raw: string, allowances: PathAllowances): CanonicalPath | undefined {
  if (raw !== '' && PLAIN.test(raw)) return { path: raw, readings: [segmentsOf(raw)] };
  if (!raw.startsWith('/') || !ALLOWED_BYTES.test(raw) || /[\\#?]/.test(raw)) return undefined;
  if (raw.includes(';') && allowances.semicolon === 'refuse') return undefined;

  const path = decodeUnreserved(raw, allowances);
  if (path === undefined) return undefined;
  if (path.includes('//') && allowances.duplicateSlash === 'refuse') return undefined;

  const literal = decodedSegments(path);
  if (literal === undefined || !literal.every(isPlainSegment)) return undefined;
  const readings = allReadings(literal);
  return readings === undefined ? undefined : { path, readings };
}

/** Decodes escapes of letters, digits, `-`, `_`, `~`; undefined for a broken escape or one that hides a delimiter. */
function decodeUnreserved(raw: string, allowances: PathAllowances): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(raw)) return undefined;
  let acceptable = true;
  const decoded = raw.replace(ESCAPE, (triplet, hex: string) => {
    const byte = Number.parseInt(hex, 16);
    const character = String.fromCharCode(byte);
    if (byte < 0x20 || byte === 0x7f || character === '\\' || character === '.') acceptable = false;
    if (character === '/' && allowances.encodedSlash === 'refuse') acceptable = false;
    return UNRESERVED.test(character) ? character : triplet;
  });
  return acceptable ? decoded : undefined;
}

/** Splits at literal slashes and decodes each segment; undefined where the escapes are no UTF-8. */
function decodedSegments(path: string): string[] | undefined {
  const segments = segmentsOf(path);
  if (!path.includes('%')) return segments;
  try {
    return segments.map((segment) => (segment.includes('%') ? decodeSegment(segment) : segment));
  } catch {
    return undefined;
  }
}

function decodeSegment(segment: string): string {
  const latin1 = segment.replace(ESCAPE, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return utf8.decode(Buffer.from(latin1, 'latin1'));
}

function segmentsOf(path: string): string[] {
  const segments = path.slice(1).split('/');
  if (segments.at(-1) === '') segments.pop();
  return segments;
}

/**
 * No dot segment, and no ending that Windows drops (`admin.`, `admin `) or takes for the same file
 * (`admin::$DATA`, `admin:$i30:$INDEX_ALLOCATION`): `/admin.` must not slip by the rule of `/admin`.
 */
function isPlainSegment(segment: string): boolean {
  return !segment.endsWith('.') && !segment.endsWith(' ') && !segment.includes(':$');
}

/**
 * The ways in which an upstream may read a path besides the literal one: path parameters cut off (Tomcat and its like),
 * encoded slashes as separators, escapes decoded twice, empty segments merged. Parameters may show behind each of them.
 */
const TRANSFORMS: readonly ((reading: Reading) => Reading)[] = [
  cutParameters,
  (reading) => reading.flatMap((segment) => segment.split('/')),
  (reading) => reading.flatMap(decodeAgain),
  cutParameters,
  (reading) => reading.filter((segment) => segment !== ''),
];

function cutParameters(reading: Reading): Reading {
  return reading.map((segment) => segment.replace(/;.*$/s, ''));
}

/** Every combination of them; undefined where one gives a path that we would have refused. */
function allReadings(literal: Reading): Reading[] | undefined {
  const readings = new Map<string, Reading>([[keyOf(literal), literal]]);
  for (const transform of TRANSFORMS) {
    for (const reading of [...readings.values()]) {
      const other = transform(reading);
      if (!other.every(isPlainSegment)) return undefined;
      readings.set(keyOf(other), other);
    }
  }
  return [...readings.values()];
}

function decodeAgain(segment: string): string[] {
  if (!/%[0-9a-f]{2}/i.test(segment)) return [segment];
  try {
    return decodeSegment(segment).split(/[/\\]/);
  } catch {
    return [segment];
  }
}

function keyOf(reading: Reading): string {
  return reading.join('\0');
}
