// The directory in a SQLite file: for one host, and as many processes on it as there are.

import { existsSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../model/clock.ts';
import { StartFault } from '../model/fault.ts';
import { isOutdated } from './migrations.ts';
import { readContent } from './read.ts';
import { readAccount } from './read-account.ts';
import { readReportRow, reportRows } from './report-rows.ts';
import { number, readAccountRow, readAuditRow } from './rows.ts';
import { readSeenRow, seenRows } from './seen.ts';
import { READ_GENERATION, type RowQuery, writeQuery } from './sql.ts';
import { identify, isBusy, openForReading, readVersion, toSnapshot } from './sqlite-file.ts';
import { type Outcomes, order, type Work } from './sqlite-writer.ts';
import type { DirectoryStore } from './store.ts';
import type { Row } from './tables.ts';
import { endingAccountRows } from './warnings.ts';

export interface SqliteInput {
  readonly file: string;
  readonly clock: Clock;
  /**
   * Whether the first `prepare` may make the file. Later ones never do, nor the tables in a file that has come without:
   * an empty directory forgives every block.
   */
  readonly create: boolean;
}

/** A look costs microseconds. */
const WATCH_EVERY_MS = 100;

/** How long, and how often, it is tried to begin with a file that another process is making. */
const PATIENCE_MS = 5_000;
const PAUSE_MS = 20;

/** The connection that looks whether anything has changed, with what it asks. */
interface Lookout {
  readonly database: DatabaseSync;
  readonly identity: string;
  readonly generation: StatementSync;
  /** Moves when another connection has written, of this process or of another. */
  readonly dataVersion: StatementSync;
}

export function openSqlite({ file, clock, create }: SqliteInput): DirectoryStore {
  let lookout: Lookout | undefined;
  let prepared = false;
  let timer: NodeJS.Timeout | undefined;
  const works = new Set<Promise<unknown>>();

  async function write<K extends Work['kind']>(work: Extract<Work, { kind: K }>): Promise<Outcomes[K]> {
    const done = order<K>({ file, work, now: clock() });
    works.add(done);
    return done.finally(() => works.delete(done));
  }

  function openLookout(): void {
    closeLookout();
    const identity = identify(file);
    const database = openForReading(file);
    const generation = database.prepare(READ_GENERATION);
    lookout = { database, identity, generation, dataVersion: database.prepare('pragma data_version') };
  }

  /** Rejects another file under the same name until it was prepared: its generations mean something else. */
  function look(): Lookout {
    if (lookout === undefined || identify(file) !== lookout.identity) {
      throw new Error(`the database of clients at ${file} was replaced, or never prepared`);
    }
    return lookout;
  }

  function select(query: RowQuery): readonly Row[] {
    return withReader(file, (database) => selectFrom(database, query));
  }

  function closeLookout(): void {
    lookout?.database.close();
    lookout = undefined;
  }

  return {
    kind: 'sqlite',
    async prepare() {
      const isNew = !existsSync(file);
      if (isNew && (prepared || !create)) throw new StartFault(`there is no database of clients at ${file}`);
      try {
        const version = isNew ? undefined : await onceFree(() => withReader(file, readVersion));
        if (prepared && version === undefined) throw new StartFault(`${file} holds no directory of clients any more`);
        if (isNew || isOutdated(version)) await write({ kind: 'prepare', create: isNew });
        await onceFree(openLookout);
      } catch (error) {
        if (error instanceof StartFault) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        throw new StartFault(`the database of clients at ${file} cannot be used: ${reason}`);
      }
      prepared = true;
    },
    async generation() {
      return number(look().generation.get()?.generation as number | undefined);
    },
    load: (since, take) => atOneMoment(file, (database) => readContent(toSnapshot(database), since, take)),
    readAccount: (name) => atOneMoment(file, (database) => readAccount((query) => selectFrom(database, query), name)),
    change: (request) => write({ kind: 'change', request }),
    recordSeen: (sightings) => write({ kind: 'record-seen', sightings }),
    recordCertificates: (seen) => write({ kind: 'record-certificates', seen }),
    async readCertificates(query) {
      return select(seenRows(query)).map(readSeenRow);
    },
    recordReports: (entries) => write({ kind: 'record-reports', entries }),
    async readReports(query) {
      return select(reportRows(query)).map(readReportRow);
    },
    claimWarnings: (claims) => write({ kind: 'claim-warnings', claims }),
    async readEndingAccounts(query) {
      return select(endingAccountRows(query)).map(readAccountRow);
    },
    async readAudit({ limit, before = Number.MAX_SAFE_INTEGER }) {
      const sql = 'select * from portcullis_audit where generation < ? order by generation desc, position desc limit ?';
      const rows = withReader(file, (database) => database.prepare(sql).all(before, limit));
      return rows.map((row) => readAuditRow(row as Row));
    },
    watch(onMoved) {
      let seen = '';
      timer = setInterval(() => {
        const now = describeState(look);
        if (now !== seen) onMoved();
        seen = now;
      }, WATCH_EVERY_MS);
      timer.unref();
    },
    async close() {
      clearInterval(timer);
      await Promise.allSettled(works);
      closeLookout();
    },
  };
}

/** Who makes the file, or its log, has it alone for a moment; readers in this thread do not wait for locks. */
async function onceFree<T>(read: () => T): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    try {
      return read();
    } catch (error) {
      if (!isBusy(error) || waitedMs >= PATIENCE_MS) throw error;
    }
    await wait(PAUSE_MS);
  }
}

function describeState(look: () => Lookout): string {
  try {
    const { identity, dataVersion } = look();
    return `${identity}:${dataVersion.get()?.data_version}`;
  } catch {
    return 'away';
  }
}

function selectFrom(database: DatabaseSync, query: RowQuery): readonly Row[] {
  const { text, values } = writeQuery(query, () => '?');
  return database.prepare(text).all(...values) as Row[];
}

/** Sees the database as it was at the first command, whoever writes meanwhile. */
async function atOneMoment<T>(file: string, read: (database: DatabaseSync) => Promise<T>): Promise<T> {
  const database = openForReading(file);
  try {
    database.exec('begin');
    return await read(database);
  } finally {
    database.close();
  }
}

function withReader<T>(file: string, action: (database: DatabaseSync) => T): T {
  const database = openForReading(file);
  try {
    return action(database);
  } finally {
    database.close();
  }
}
