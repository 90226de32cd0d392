// Loads secret keys from a file that replicas share: one per line, newest first.

import type { Report } from '../report.ts';
import type { ConfigPath } from '../source.ts';
import type { FileReader } from './file-reader.ts';

interface Context {
  readonly reader: FileReader;
  readonly report: Report;
  readonly most: number;
}

/** SHA-256 is as strong as its key up to 32 bytes (RFC 2104 section 3). */
const MIN_KEY_BYTES = 32;
const MAKE_KEY = 'openssl rand -hex 32';

/** undefined: problems were reported, and there is none. */
export async function loadSecretKeys(
  path: ConfigPath,
  name: string,
  { reader, report, most }: Context,
): Promise<Uint8Array[] | undefined> {
  const file = await reader.readSecret(path, name);
  if (file === undefined) return undefined;
  const keys: Uint8Array[] = [];
  const lines = Buffer.from(file.bytes).toString('utf8').split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const key = decodeKey(line.trim());
    if (typeof key === 'string') report.inFile('error', file, index + 1, key, `replace the line by \`${MAKE_KEY}\``);
    else keys.push(key);
  }
  if (lines.every((line) => line.trim() === '')) {
    report.inFile('error', file, undefined, 'the file holds no key', `write one with \`${MAKE_KEY}\``);
  }
  if (keys.length > most) {
    const message = `${keys.length} keys, at most ${most} ${most === 1 ? 'is' : 'are'} taken`;
    report.inFile('error', file, undefined, message, 'remove the oldest, which stand last');
  }
  return keys.length > 0 ? keys : undefined;
}

/** What is wrong, without a word of the key itself. Hexadecimal goes first: its digits would also be base64, cut off or not. */
function decodeKey(text: string): Uint8Array | string {
  const isHex = /^[0-9a-fA-F]+$/.test(text);
  if (isHex && text.length % 2 !== 0) return 'the key has an odd number of hexadecimal digits: one is missing';
  if (!isHex && !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return 'the key is neither hexadecimal nor base64';
  const key = Buffer.from(text, isHex ? 'hex' : 'base64');
  if (key.length >= MIN_KEY_BYTES) return key;
  return `the key has ${key.length} bytes, expected at least ${MIN_KEY_BYTES}`;
}
