// Which database holds the directory, with what is kept in files beside it: password and authorities.

import { dirname, resolve } from 'node:path';
import { directoryOptions } from '../../directory/options.ts';
import type { PostgresTls } from '../../directory/postgres-connection.ts';
import { readSqliteUrl } from '../../directory/urls.ts';
import type { Report } from '../report.ts';
import { findNode, findPlace, type SourceNode, toPlain } from '../source.ts';
import type { FileReader } from './file-reader.ts';
import { loadAuthorities } from './upstream-tls.ts';

export interface LoadedDirectory {
  /** As openDirectory takes it: a file of SQLite by its whole path. */
  readonly url: string;
  readonly password: string | undefined;
  readonly tls: PostgresTls | undefined;
  readonly connections: number;
  readonly stalenessMs: number;
}

interface Context {
  readonly reader: FileReader;
  readonly report: Report;
}

/** undefined: there is no directory, or problems were reported. */
export async function loadDirectory(root: SourceNode, context: Context): Promise<LoadedDirectory | undefined> {
  const node = findNode(root, ['directory']);
  const parsed = node === undefined ? undefined : directoryOptions.safeParse(toPlain(node));
  if (!parsed?.success) return undefined;
  const { url, passwordFile, tls, connections, staleness: stalenessMs } = parsed.data;
  const at = ['directory'];
  const secret = passwordFile && (await context.reader.readSecret([...at, 'passwordFile'], passwordFile));
  const ca = await loadTlsAuthorities(tls?.ca, context);
  if ((passwordFile !== undefined && secret === undefined) || (tls !== undefined && ca === undefined)) return undefined;
  const file = readSqliteUrl(url);
  return {
    url: file === undefined ? url : `sqlite:${resolve(dirname(findPlace(root, at).file), file)}`,
    password: secret
      ? Buffer.from(secret.bytes)
          .toString('utf8')
          .replace(/\r?\n$/, '')
      : undefined,
    tls: ca && { ca, serverName: tls?.serverName },
    connections,
    stalenessMs,
  };
}

async function loadTlsAuthorities(ca: string | undefined, context: Context): Promise<PostgresTls['ca'] | undefined> {
  return ca === undefined || ca === 'system' ? ca : loadAuthorities(['directory', 'tls', 'ca'], ca, context);
}
