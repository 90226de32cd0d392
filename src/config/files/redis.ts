// Loads what Redis needs from files: the keys that sign, the passwords, and who vouches for the servers.

import { type CacheOptions, cacheOptions } from '../../cache/options.ts';
import type { Report } from '../report.ts';
import { type ConfigPath, findNode, type SourceNode, toPlain } from '../source.ts';
import type { FileReader, ReadFile } from './file-reader.ts';
import { loadSecretKeys } from './secret-keys.ts';
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

/** A rotation needs two. */
const MAX_KEYS = 16;

/** undefined: there is no Redis, or problems were reported. */
export async function loadRedisFiles(root: SourceNode, context: Context): Promise<RedisFiles | undefined> {
  const node = findNode(root, ['cache']);
  const parsed = cacheOptions.safeParse(node === undefined ? {} : toPlain(node));
  if (!parsed.success) return undefined;
  const { keyFile, redis } = parsed.data;
  const keys =
    keyFile === undefined
      ? undefined
      : await loadSecretKeys(['cache', 'keyFile'], keyFile, { ...context, most: MAX_KEYS });
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

function textOf({ bytes }: ReadFile): string {
  return Buffer.from(bytes).toString('utf8');
}
