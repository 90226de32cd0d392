// The directory in PostgreSQL: for fleets. A change is announced by NOTIFY; what is announced is looked up.

import type postgres from 'postgres';
import type { Clock } from '../model/clock.ts';
import { StartFault } from '../model/fault.ts';
import { isOutdated, type Migration, migrate, type Version } from './migrations.ts';
import { connectPostgres, type PostgresSettings, WrongServer } from './postgres-connection.ts';
import { BATCH_ROWS, readContent, type Snapshot } from './read.ts';
import { readAccount } from './read-account.ts';
import { applyReports, readReportRow, reportRows } from './report-rows.ts';
import { number, readAccountRow, readAuditRow } from './rows.ts';
import { applySeen, readSeenRow, seenRows } from './seen.ts';
import {
  columnsOf,
  deleteAllBut,
  nameOf,
  READ_GENERATION,
  READ_VERSION,
  type RowQuery,
  replaceOnConflict,
  selectRows,
  writeQuery,
} from './sql.ts';
import type { DirectoryStore } from './store.ts';
import { type Row, type TableName, tableOf, type Value } from './tables.ts';
import { applyClaims, endingAccountRows } from './warnings.ts';
import { applyChanges, applySightings, type Transaction } from './write.ts';

/** As a copy in memory counts for a second: an answer that takes longer is of no use. */
const LOOK_LIMIT_MS = 1_000;
/** With the time to connect. */
const PREPARE_LIMIT_MS = 5_000;
/** For the largest directory and the largest change. */
const LOAD_LIMIT_MS = 60_000;
const WRITE_LIMIT_MS = 60_000;
/** How long a writer waits for its turn. */
const LOCK_LIMIT = '5s';
/** Any number, as long as it is always the same: replicas that start together make the schema one after another. */
const MIGRATION_LOCK = 7_034_518_263;
const CHANNEL = 'portcullis_directory';
/** Rows of one statement. */
const CHUNK_ROWS = 2_000;

type Connection = postgres.Sql | postgres.TransactionSql;

export function openPostgres(settings: PostgresSettings, clock: Clock): DirectoryStore {
  const connection = connectPostgres(settings);
  let prepared = false;

  function write<T>(action: (transaction: Transaction) => Promise<T>): Promise<T> {
    return connection.run(WRITE_LIMIT_MS, async (sql) => {
      const done = await sql.begin(async (session) => {
        await session.unsafe(`set local lock_timeout = '${LOCK_LIMIT}'`);
        // Whoever writes holds this row to the end.
        const rows = await select(session, `${READ_GENERATION} for update`);
        return { value: await action(toTransaction(session, number(rows[0]?.generation))) };
      });
      return done.value as T;
    });
  }

  async function selectWhere(query: RowQuery): Promise<readonly Row[]> {
    return connection.run(LOAD_LIMIT_MS, (sql) => selectFrom(sql, query));
  }

  return {
    kind: 'postgres',
    async prepare() {
      const version = await connection.run(PREPARE_LIMIT_MS, readVersion);
      // Somebody restores it, or the host is another: an empty directory would forgive every block.
      if (prepared && version === undefined)
        throw new StartFault('the database holds no directory of clients any more');
      // Without anything to do no right to do it is needed.
      if (isOutdated(version)) {
        await connection.run(WRITE_LIMIT_MS, (sql) =>
          sql.begin(async (session) => {
            await session.unsafe(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
            await migrate(toMigration(session), clock());
          }),
        );
      }
      prepared = true;
    },
    generation() {
      return connection.run(LOOK_LIMIT_MS, readGeneration);
    },
    load: (since, take) =>
      connection.run(LOAD_LIMIT_MS, (sql) =>
        sql.begin('isolation level repeatable read read only', async (session) => {
          return readContent(toSnapshot(session, await readGeneration(session)), since, take);
        }),
      ),
    readAccount: (name) =>
      connection.run(LOAD_LIMIT_MS, (sql) =>
        sql.begin('isolation level repeatable read read only', (session) =>
          readAccount((query) => selectFrom(session, query), name),
        ),
      ),
    change: (request) => write((transaction) => applyChanges(transaction, request, clock())),
    recordSeen: (sightings) => write((transaction) => applySightings(transaction, sightings, clock())),
    recordCertificates: (seen) => write((transaction) => applySeen(transaction, seen, clock())),
    async readCertificates(query) {
      return (await selectWhere(seenRows(query))).map(readSeenRow);
    },
    recordReports: (entries) => write((transaction) => applyReports(transaction, entries, clock())),
    async readReports(query) {
      return (await selectWhere(reportRows(query))).map(readReportRow);
    },
    claimWarnings: (claims) => write((transaction) => applyClaims(transaction, claims, clock())),
    async readEndingAccounts(query) {
      return (await selectWhere(endingAccountRows(query))).map(readAccountRow);
    },
    async readAudit({ limit, before = Number.MAX_SAFE_INTEGER }) {
      const columns = columnsOf('audit').join(', ');
      const text = `select ${columns} from ${nameOf('audit')} where generation < $1 order by generation desc, position desc limit $2`;
      const rows = await connection.run(LOAD_LIMIT_MS, (sql) => select(sql, text, [before, limit]));
      return rows.map(readAuditRow);
    },
    watch: (onMoved) => connection.listen(CHANNEL, onMoved),
    close: () => connection.close(),
  };
}

/** Text in all places but those of numbers: PostgreSQL's client sends each as what the statement says it is. */
async function select(connection: Connection, text: string, values: readonly (string | number)[] = []): Promise<Row[]> {
  return [...(await connection.unsafe<Row[]>(text, [...values]))];
}

/** Asked with each look: a standby may lack the last block, and a name or a proxy may lead to it at any time. */
async function readGeneration(connection: Connection): Promise<number> {
  const [row] = await select(
    connection,
    'select generation, pg_is_in_recovery()::int as standby from portcullis_state',
  );
  if (number(row?.standby) !== 0) throw new WrongServer('the server is a standby, which may lack the last changes');
  return number(row?.generation);
}

async function readVersion(connection: Connection): Promise<Version | undefined> {
  // Not to_regclass(): it answers from what this session has looked up before another made the table.
  const text = `select 1 from pg_class where relname = 'portcullis_schema' and pg_table_is_visible(oid)`;
  if ((await select(connection, text)).length === 0) return undefined;
  const [row] = await select(connection, READ_VERSION);
  return { version: number(row?.version), oldestUser: number(row?.oldest_user) };
}

function toMigration(connection: Connection): Migration {
  return { run: (text) => connection.unsafe(text), readVersion: () => readVersion(connection) };
}

function toTransaction(connection: Connection, generation: number): Transaction {
  const within = (column: string) => `${column} in (select jsonb_array_elements_text($1::text::jsonb))`;
  return {
    generation,
    async setGeneration(next) {
      await select(connection, 'update portcullis_state set generation = $1', [next]);
      // Delivered with the commit.
      await select(connection, 'select pg_notify($1, $2)', [CHANNEL, String(next)]);
    },
    async select(table, column, values) {
      const found: Row[] = [];
      for (const chunk of chunksOf(values)) {
        const text = `select ${columnsOf(table).join(', ')} from ${nameOf(table)} where ${within(column)}`;
        found.push(...(await select(connection, text, [JSON.stringify(chunk)])));
      }
      return found;
    },
    async upsert(table, rows) {
      for (const chunk of chunksOf(rows)) await select(connection, upsertText(table), [JSON.stringify(chunk)]);
    },
    async remove(table, column, values: readonly Value[]) {
      const text = `delete from ${nameOf(table)} where ${within(column)}`;
      for (const chunk of chunksOf(values)) await select(connection, text, [JSON.stringify(chunk)]);
    },
    async prune(table, column, highest) {
      await select(connection, `delete from ${nameOf(table)} where ${column} <= $1`, [highest]);
    },
    async keepNewest(table, column, most) {
      await select(connection, deleteAllBut(table, column, '$1'), [most]);
    },
  };
}

function selectFrom(connection: Connection, query: RowQuery): Promise<readonly Row[]> {
  const { text, values } = writeQuery(query, (position) => `$${position}`);
  return select(connection, text, values);
}

function upsertText(table: TableName): string {
  const { name, columns } = tableOf(table);
  const names = Object.keys(columns).join(', ');
  const typed = Object.entries(columns).map(([column, type]) => `${column} ${type}`);
  const rows = `jsonb_to_recordset($1::text::jsonb) as rows (${typed.join(', ')})`;
  return `insert into ${name} (${names}) select ${names} from ${rows} ${replaceOnConflict(table)}`;
}

function toSnapshot(connection: Connection, generation: number): Snapshot {
  return {
    generation,
    async count(table, since) {
      const text = `select count(*) as rows from ${nameOf(table)} where generation > $1`;
      return number((await select(connection, text, [since]))[0]?.rows);
    },
    async stream(table, since, take) {
      const text = selectRows(table, since === undefined ? undefined : '$1');
      const query = connection.unsafe<Row[]>(text, since === undefined ? [] : [since]);
      for await (const rows of query.cursor(BATCH_ROWS)) take(rows);
    },
  };
}

function* chunksOf<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += CHUNK_ROWS) yield items.slice(from, from + CHUNK_ROWS);
}
