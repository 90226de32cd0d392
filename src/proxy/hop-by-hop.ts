// Which fields of a message from the upstream may go on to the client?

/**
 * Fields that concern one connection only (RFC 9110 7.6.1), with those of RFC 2616 13.5.1 that services still send.
 * `Trailer` goes on where trailers do.
 */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** Never in a trailer section (RFC 9110 6.5.1): framing and routing. */
const NEVER_TRAILER: ReadonlySet<string> = new Set(['content-length', 'host', 'trailer']);

/** Names in a list such as the value of `Connection`, lower case. */
export function listNames(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** All values of one field of a flat list, joined as RFC 9110 5.3 allows; undefined when it is absent. */
export function fieldValue(raw: readonly string[], wanted: string): string | undefined {
  const values: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (raw[i]?.toLowerCase() === wanted) values.push(raw[i + 1] ?? '');
  }
  return values.length === 0 ? undefined : values.join(', ');
}

/**
 * The same list with `Content-Length` last. Behind it Node takes a `Content-Disposition` with bytes above 0x7f for
 * UTF-8 text and writes other bytes, or throws; before it, the bytes stay what they are.
 */
export function putLengthLast(raw: readonly string[]): string[] {
  const rest: string[] = [];
  const lengths: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    (name.toLowerCase() === 'content-length' ? lengths : rest).push(name, raw[i + 1] ?? '');
  }
  return rest.concat(lengths);
}

/**
 * The end-to-end fields of an answer, in their order and case, ready to be written. `dropped` holds further names, lower
 * case.
 */
export function filterAnswerHeaders(
  raw: readonly string[],
  blocked: (name: string) => boolean,
  dropped: readonly string[],
): string[] {
  const named = listNames(fieldValue(raw, 'connection') ?? '');
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    const folded = name.toLowerCase();
    if (HOP_BY_HOP.has(folded) || named.includes(folded) || dropped.includes(folded) || blocked(name)) continue;
    if (folded !== 'trailer') {
      kept.push(name, value);
      continue;
    }
    const announced = listNames(value).filter((trailer) => mayTrail(trailer, blocked));
    if (announced.length > 0) kept.push(name, announced.join(', '));
  }
  return putLengthLast(kept);
}

/** The trailers of either direction that may go on, as pairs for `addTrailers`. */
export function filterTrailers(raw: readonly string[], blocked: (name: string) => boolean): [string, string][] {
  const kept: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (mayTrail(name.toLowerCase(), blocked)) kept.push([name, raw[i + 1] ?? '']);
  }
  return kept;
}

function mayTrail(name: string, blocked: (name: string) => boolean): boolean {
  return !HOP_BY_HOP.has(name) && !NEVER_TRAILER.has(name) && !blocked(name);
}
