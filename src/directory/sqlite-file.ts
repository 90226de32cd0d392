// How is the SQLite file opened, read and written? All of it blocks its thread: reads are short, writes have a thread.

import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as giveWay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Migration, Version } from './migrations.ts';
import { BATCH_ROWS, type Snapshot } from './read.ts';
import { number } from './rows.ts';
import {
  columnsOf,
  deleteAllBut,
  nameOf,
  READ_GENERATION,
  READ_VERSION,
  replaceOnConflict,
  selectRows,
} from './sql.ts';
import type { Row, TableName } from './tables.ts';
import type { Transaction } from './write.ts';

/** How long a writer waits for its turn, in its own thread. */
const WRITE_PATIENCE_MS = 5_000;

/** SQLITE_BUSY, the low byte of its variants. */
const BUSY = 5;

/** What is left of the write-ahead log after a large change. */
const MOST_JOURNAL_BYTES = 16 * 1024 * 1024;

/**
 * For the thread of the requests: never waits for a lock, and never writes. It may be the last to leave, and then brings
 * the write-ahead log into the file, so that a copy of the file alone is a copy of everything. Throws when there is none.
 */
export function openForReading(file: string): DatabaseSync {
  const database = new DatabaseSync(locate(file, 'rw'), { timeout: 0 });
  database.exec('pragma query_only = on');
  return database;
}

/** Waits for other writers. Throws when there is no such file, unless it may be made. */
export function openForWriting(file: string, create: boolean): DatabaseSync {
  if (!existsSync(file) && existsSync(`${file}-wal`)) {
    throw new Error(`${file} is gone, but its ${file}-wal is there: restore both, or remove both`);
  }
  const database = new DatabaseSync(locate(file, create ? 'rwc' : 'rw'), { timeout: WRITE_PATIENCE_MS });
  // Readers do not wait for a writer, nor it for them. It stays with the file.
  database.exec('pragma journal_mode = wal');
  database.exec(`pragma journal_size_limit = ${MOST_JOURNAL_BYTES}`);
  return database;
}

/** Another file under the same name (restored from a copy) has another identity; throws when there is none. */
export function identify(file: string): string {
  const { dev, ino } = statSync(file, { bigint: true });
  return `${dev}:${ino}`;
}

/** Whether somebody else has the file locked. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === BUSY;
}

function locate(file: string, mode: 'rw' | 'rwc'): URL {
  const url = pathToFileURL(file);
  url.searchParams.set('mode', mode);
  return url;
}

export function readGeneration(database: DatabaseSync): number {
  return number(database.prepare(READ_GENERATION).get()?.generation as number | undefined);
}

export function readVersion(database: DatabaseSync): Version | undefined {
  const table = database.prepare(`select 1 from sqlite_schema where name = 'portcullis_schema'`).get();
  if (table === undefined) return undefined;
  const row = database.prepare(READ_VERSION).get();
  return { version: number(row?.version as number), oldestUser: number(row?.oldest_user as number) };
}

export function toMigration(database: DatabaseSync): Migration {
  return { run: (sql) => database.exec(sql), readVersion: () => readVersion(database) };
}

/** Runs the action with the only turn to write; nothing is written when it throws. */
export async function inTransaction<T>(database: DatabaseSync, action: () => Promise<T>): Promise<T> {
  database.exec('begin immediate');
  try {
    const result = await action();
    database.exec('commit');
    return result;
  } finally {
    if (database.isTransaction) database.exec('rollback');
  }
}

/** For a database in a transaction. */
export function toTransaction(database: DatabaseSync): Transaction {
  const within = (column: string) => `${column} in (select value from json_each(?))`;
  return {
    generation: readGeneration(database),
    setGeneration(generation) {
      database.prepare('update portcullis_state set generation = ?').run(generation);
    },
    select(table, column, values) {
      const columns = columnsOf(table).join(', ');
      const query = database.prepare(`select ${columns} from ${nameOf(table)} where ${within(column)}`);
      return query.all(JSON.stringify(values)) as Row[];
    },
    upsert(table, rows) {
      const columns = columnsOf(table);
      const places = columns.map(() => '?').join(', ');
      const insert = database.prepare(
        `insert into ${nameOf(table)} (${columns.join(', ')}) values (${places}) ${replaceOnConflict(table)}`,
      );
      for (const row of rows) insert.run(...columns.map((column) => row[column] ?? null));
    },
    remove(table, column, values) {
      database.prepare(`delete from ${nameOf(table)} where ${within(column)}`).run(JSON.stringify(values));
    },
    prune(table, column, highest) {
      database.prepare(`delete from ${nameOf(table)} where ${column} <= ?`).run(highest);
    },
    keepNewest(table, column, most) {
      database.prepare(deleteAllBut(table, column, '?')).run(most);
    },
  };
}

/** For a database in a transaction, which keeps it as it was at the first read while others write. */
export function toSnapshot(database: DatabaseSync): Snapshot {
  return {
    generation: readGeneration(database),
    count: (table, since) =>
      number(
        database.prepare(`select count(*) as rows from ${nameOf(table)} where generation > ?`).get(since)
          ?.rows as number,
      ),
    async stream(table: TableName, since, take) {
      const query = database.prepare(selectRows(table, since === undefined ? undefined : '?'));
      let batch: Row[] = [];
      for (const row of since === undefined ? query.iterate() : query.iterate(since)) {
        batch.push(row as Row);
        if (batch.length < BATCH_ROWS) continue;
        take(batch);
        batch = [];
        await giveWay();
      }
      if (batch.length > 0) take(batch);
    },
  };
}
