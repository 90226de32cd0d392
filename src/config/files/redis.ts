// Loads what Redis needs from files: the keys that sign, the passwords, and who vouches for the servers.

import { type CacheOptions, cacheOptions } from '../../cache/options.ts';
import type { Report } from '../report.ts';
import { type ConfigPath, findNode, type SourceNode, toPlain } from '../source.ts';
import type { FileReader, ReadFile } from './file-reader.ts';
import { loadAuthorities } from './upstream-tls.ts';

export interface RedisFiles {
  /** Newest first: the first signs, every one is taken. Never to be logged. */
  readonly keys: readonly Uint8Array[];
  readonly password: string | undefined;
  readonly sentinelPassword: string | undefined;
  /** PEM, or the public authorities; undefined without TLS. */
  readonly ca: readonly string[] | 'system' | undefined;
}

interface Context {
  readonly reader: FileReader;
  readonly report: Report;
}

/** SHA-256 is as strong as its key up to 32 bytes (RFC 2104 section 3). */
const MIN_KEY_BYTES = 32;
/** A rotation needs two. */
const MAX_KEYS = 16;
const MAKE_KEY = 'openssl rand -hex 32';

/** undefined: there is no Redis, or problems were reported. */
export async function loadRedisFiles(root: SourceNode, context: Context): Promise<RedisFiles | undefined> {
  const node = findNode(root, ['cache']);
  const parsed = cacheOptions.safeParse(node === undefined ? {} : toPlain(node));
  if (!parsed.success) return undefined;
  const { keyFile, redis } = parsed.data;
  const keys = keyFile === undefined ? undefined : await loadKeys(keyFile, context);
  if (redis === undefined) return undefined;
  const files = await loadConnectionFiles(redis, context);
  return keys && files && { keys, ...files };
}

async function loadConnectionFiles(
  { passwordFile, sentinelPasswordFile, tls }: NonNullable<CacheOptions['redis']>,
  context: Context,
): Promise<Omit<RedisFiles, 'keys'> | undefined> {
  const at = ['cache', 'redis'];
  const password = await loadPassword([...at, 'passwordFile'], passwordFile, context);
  const sentinelPassword = await loadPassword([...at, 'sentinelPasswordFile'], sentinelPasswordFile, context);
  const named = tls?.ca;
  const ca =
    named === undefined || named === 'system' ? named : await loadAuthorities([...at, 'tls', 'ca'], named, context);
  const complete =
    (passwordFile === undefined || password !== undefined) &&
    (sentinelPasswordFile === undefined || sentinelPassword !== undefined) &&
    (named === undefined || ca !== undefined);
  return complete ? { password, sentinelPassword, ca } : undefined;
}

async function loadPassword(path: ConfigPath, name: string | undefined, { reader }: Context) {
  const file = name === undefined ? undefined : await reader.readSecret(path, name);
  return file && textOf(file).replace(/\r?\n$/, '');
}

async function loadKeys(name: string, { reader, report }: Context): Promise<Uint8Array[] | undefined> {
  const file = await reader.readSecret(['cache', 'keyFile'], name);
  if (file === undefined) return undefined;
  const keys: Uint8Array[] = [];
  const lines = textOf(file).split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const key = decodeKey(line.trim());
    if (typeof key === 'string') report.inFile('error', file, index + 1, key, `replace the line by \`${MAKE_KEY}\``);
    else keys.push(key);
  }
  if (lines.every((line) => line.trim() === '')) {
    report.inFile('error', file, undefined, 'the file holds no key', `write one with \`${MAKE_KEY}\``);
  }
  if (keys.length > MAX_KEYS) {
    const message = `${keys.length} keys, at most ${MAX_KEYS} are taken`;
    report.inFile('error', file, undefined, message, 'remove the oldest, which stand last');
  }
  return keys.length > 0 ? keys : undefined;
}

/** What is wrong, without a word of the key itself. Hexadecimal goes first: its digits would also be base64. */
function decodeKey(text: string): Uint8Array | string {
  const isHex = /^([0-9a-fA-F]{2})+$/.test(text);
  if (!isHex && !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return 'the key is neither hexadecimal nor base64';
  const key = Buffer.from(text, isHex ? 'hex' : 'base64');
  if (key.length >= MIN_KEY_BYTES) return key;
  return `the key has ${key.length} bytes, expected at least ${MIN_KEY_BYTES}`;
}

function textOf({ bytes }: ReadFile): string {
  return Buffer.from(bytes).toString('utf8');
}
