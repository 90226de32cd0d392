// How is the directory read as of one moment? The same steps for every database.

import { readAccountRow, readBlockRow, readCredentialRow, readRemovalRow } from './rows.ts';
import type { Batch, Loaded } from './store.ts';
import type { Row, TableName } from './tables.ts';
import { KEPT_GENERATIONS } from './write.ts';

/** A transaction that sees the database as it was at its first command. */
export interface Snapshot {
  readonly generation: number;
  /** How many rows have changed since. */
  count(table: TableName, since: number): Promise<number> | number;
  /** Rows in batches, all of them or those changed since; waits after each so that others have their turn. */
  stream(table: TableName, since: number | undefined, take: (rows: readonly Row[]) => void): Promise<void>;
}

/** Rows of one batch: read and taken in a few milliseconds. */
export const BATCH_ROWS = 500;
/** So many changed rows are taken at one stroke, in less than 50 ms; more are read with everything else, into a new copy. */
export const MOST_CHANGED_ROWS = 5_000;

const TABLES_READ = ['removals', 'accounts', 'credentials', 'blocks'] as const;

const EMPTY: Batch = { removals: [], accounts: [], credentials: [], blocks: [] };

export async function readContent(
  snapshot: Snapshot,
  since: number | undefined,
  take: (batch: Batch, loaded: Loaded) => void,
): Promise<Loaded> {
  const from = since !== undefined && (await isFollowed(snapshot, since)) ? since : undefined;
  const loaded: Loaded = { generation: snapshot.generation, whole: from === undefined };
  for (const table of TABLES_READ) {
    // Who reads everything knew nothing.
    if (table === 'removals' && loaded.whole) continue;
    await snapshot.stream(table, from, (rows) => take(toBatch(table, rows), loaded));
  }
  return loaded;
}

async function isFollowed(snapshot: Snapshot, since: number): Promise<boolean> {
  const { generation } = snapshot;
  if (since > generation || generation - since >= KEPT_GENERATIONS) return false;
  let rows = 0;
  for (const table of TABLES_READ) rows += await snapshot.count(table, since);
  return rows <= MOST_CHANGED_ROWS;
}

function toBatch(table: (typeof TABLES_READ)[number], rows: readonly Row[]): Batch {
  switch (table) {
    case 'removals':
      return { ...EMPTY, removals: rows.map(readRemovalRow) };
    case 'accounts':
      return { ...EMPTY, accounts: rows.map(readAccountRow) };
    case 'credentials':
      return { ...EMPTY, credentials: rows.map(readCredentialRow) };
    case 'blocks':
      return { ...EMPTY, blocks: rows.map(readBlockRow) };
  }
}
