// Which database is the directory in? SQLite for one host, PostgreSQL for fleets, by the URL.

import type { Clock } from '../model/clock.ts';
import { StartFault } from '../model/fault.ts';
import { openPostgres } from './postgres.ts';
import type { PostgresTls } from './postgres-connection.ts';
import { openSqlite } from './sqlite.ts';
import type { DirectoryStore } from './store.ts';
import { readPostgresUrl, readSqliteUrl } from './urls.ts';

export interface OpenDirectoryOptions {
  readonly clock: Clock;
  /** For PostgreSQL: what the configuration keeps in a file of its own. */
  readonly password?: string | undefined;
  /** For PostgreSQL; left out: no TLS. */
  readonly tls?: PostgresTls | undefined;
  /** For PostgreSQL. */
  readonly connections?: number;
  /** For SQLite: whether a file that is not there is made at the first `prepare`. Left out: yes. */
  readonly create?: boolean;
}

/** `url` as in the configuration, a file by its whole path. Touches nothing yet: that is what `prepare` is for. */
export function openDirectory(url: string, options: OpenDirectoryOptions): DirectoryStore {
  const { clock, password, tls, connections = 4, create = true } = options;
  const file = readSqliteUrl(url);
  if (file !== undefined) return openSqlite({ file, clock, create });
  const address = readPostgresUrl(url);
  if (address === undefined) throw new StartFault('the URL of the directory names neither SQLite nor PostgreSQL');
  return openPostgres({ address, password, tls, connections }, clock);
}
