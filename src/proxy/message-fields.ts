// How are the fields of a raw, flat list read and arranged?

/** Names in a list such as the value of `Connection`, lower case. */
export function listNames(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** All values of one field, joined as RFC 9110 5.3 allows; undefined when it is absent. `wanted` in lower case. */
export function fieldValue(raw: readonly string[], wanted: string): string | undefined {
  let joined: string | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (name.length !== wanted.length || name.toLowerCase() !== wanted) continue;
    joined = joined === undefined ? raw[i + 1] : `${joined}, ${raw[i + 1]}`;
  }
  return joined;
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
