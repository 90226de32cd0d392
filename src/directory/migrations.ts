// Which schema does a database have, and how does it get to this version's? Numbered steps, none of which ever changes.

import { StartFault } from '../model/fault.ts';

export interface Step {
  readonly version: number;
  /** The oldest version that can still use a database with this step: replicas of a fleet are replaced one by one. */
  readonly oldestUser: number;
  readonly sql: readonly string[];
}

/** Understood by SQLite and PostgreSQL alike. */
export const STEPS: readonly Step[] = [
  {
    version: 1,
    oldestUser: 1,
    sql: [
      'create table portcullis_state (only_row bigint primary key not null check (only_row = 1), generation bigint not null)',
      'insert into portcullis_state (only_row, generation) values (1, 0)',
      `create table portcullis_accounts (name text primary key not null, display_name text not null, kind text not null,
        roles text not null, valid_from bigint, valid_until bigint, enabled bigint not null, notes text not null,
        created_at bigint not null, changed_at bigint not null, generation bigint not null)`,
      `create table portcullis_credentials (id text primary key not null,
        account text not null references portcullis_accounts (name), target text not null unique, fingerprint text,
        issuer_name text not null, label text not null, created_at bigint not null, generation bigint not null)`,
      `create table portcullis_blocks (id text primary key not null, target text not null, reason text not null,
        until bigint, created_at bigint not null, created_by text not null, generation bigint not null)`,
      `create table portcullis_removals (kind text not null, id text not null, generation bigint not null,
        primary key (kind, id))`,
      `create table portcullis_audit (generation bigint not null, position bigint not null, at bigint not null,
        actor text not null, action text not null, subject text not null, detail text not null, why text not null,
        primary key (generation, position))`,
      'create index portcullis_accounts_generation on portcullis_accounts (generation)',
      'create index portcullis_credentials_generation on portcullis_credentials (generation)',
      'create index portcullis_credentials_account on portcullis_credentials (account)',
      'create index portcullis_blocks_generation on portcullis_blocks (generation)',
      'create index portcullis_removals_generation on portcullis_removals (generation)',
    ],
  },
  {
    version: 2,
    oldestUser: 1,
    sql: ['alter table portcullis_credentials add column last_seen_at bigint'],
  },
  {
    version: 3,
    oldestUser: 1,
    sql: [
      `create table portcullis_seen (id text primary key not null, fingerprint text not null, issuer_spki text not null,
        serial text not null, issuer text not null, subject text not null, account text, site text not null,
        not_before bigint not null, not_after bigint not null, first_seen_at bigint not null, last_seen_at bigint not null)`,
      'create index portcullis_seen_fingerprint on portcullis_seen (fingerprint)',
      'create index portcullis_seen_account on portcullis_seen (account)',
      'create index portcullis_seen_end on portcullis_seen (not_after)',
      'create index portcullis_seen_last on portcullis_seen (last_seen_at)',
    ],
  },
  {
    version: 4,
    oldestUser: 1,
    sql: [
      `create table portcullis_reports (id text primary key not null, rule text not null, code text not null,
        fingerprint text, subject text, issuer text, serial text, account text, address text not null,
        requests bigint not null, first_at bigint not null, last_at bigint not null, kept_until bigint not null)`,
      'create index portcullis_reports_end on portcullis_reports (kept_until)',
    ],
  },
  {
    version: 5,
    oldestUser: 1,
    sql: [
      'create table portcullis_warnings (id text primary key not null, ends_at bigint not null)',
      'create index portcullis_warnings_end on portcullis_warnings (ends_at)',
      'create index portcullis_accounts_end on portcullis_accounts (valid_until)',
    ],
  },
  {
    version: 6,
    oldestUser: 1,
    sql: ['create index portcullis_credentials_fingerprint on portcullis_credentials (fingerprint)'],
  },
];

/** A database in the middle of the transaction that brings it up to date. */
export interface Migration {
  run(sql: string): unknown;
  /** The highest version and what came with it; undefined where there is no table of versions. */
  readVersion(): Promise<Version | undefined> | Version | undefined;
}

export interface Version {
  readonly version: number;
  readonly oldestUser: number;
}

/** Whether there is something to do. Throws StartFault for a schema that a newer version has made, and not for us too. */
export function isOutdated(found: Version | undefined, steps: readonly Step[] = STEPS): boolean {
  const newest = steps.at(-1)?.version ?? 0;
  const { version, oldestUser } = found ?? { version: 0, oldestUser: 0 };
  if (oldestUser > newest) {
    throw new StartFault(
      `the database of clients has schema ${version}, of a newer version of portcullis; this one knows schemas up to ${newest}. Run the newer version, or restore the copy from before the upgrade`,
    );
  }
  return version < newest;
}

/** All steps that are missing; `now` in milliseconds. The caller commits, or rolls back when it throws. */
export async function migrate(database: Migration, now: number, steps: readonly Step[] = STEPS): Promise<void> {
  const found = await database.readVersion();
  if (!isOutdated(found, steps)) return;
  if (found === undefined) {
    await database.run(
      'create table portcullis_schema (version bigint primary key not null, oldest_user bigint not null, applied_at bigint not null)',
    );
  }
  for (const { version, oldestUser, sql } of steps) {
    if (version <= (found?.version ?? 0)) continue;
    for (const each of sql) await database.run(each);
    await database.run(
      `insert into portcullis_schema (version, oldest_user, applied_at) values (${version}, ${oldestUser}, ${Math.floor(now)})`,
    );
  }
}
