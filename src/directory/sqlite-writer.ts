// Who writes to the SQLite file? A thread of its own for each piece of work: waiting for a lock blocks a whole thread.

import { mkdirSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ReportEntry, SeenCertificate } from '../model/traffic.ts';
import type { ChangeOutcome, ChangeRequest } from './changes.ts';
import { migrate } from './migrations.ts';
import { applyReports } from './report-rows.ts';
import { applySeen } from './seen.ts';
import { inTransaction, openForWriting, toMigration, toTransaction } from './sqlite-file.ts';
import type { Sighting } from './store.ts';
import type { WarningClaim } from './traffic-store.ts';
import { applyClaims } from './warnings.ts';
import { applyChanges, applySightings } from './write.ts';

export type Work =
  | { readonly kind: 'prepare'; readonly create: boolean }
  | { readonly kind: 'change'; readonly request: ChangeRequest }
  | { readonly kind: 'record-seen'; readonly sightings: readonly Sighting[] }
  | { readonly kind: 'record-certificates'; readonly seen: readonly SeenCertificate[] }
  | { readonly kind: 'record-reports'; readonly entries: readonly ReportEntry[] }
  | { readonly kind: 'claim-warnings'; readonly claims: readonly WarningClaim[] };

/** What comes of each kind. */
export interface Outcomes {
  readonly prepare: undefined;
  readonly change: ChangeOutcome;
  readonly 'record-seen': undefined;
  readonly 'record-certificates': undefined;
  readonly 'record-reports': undefined;
  readonly 'claim-warnings': readonly string[];
}

export interface Order<K extends Work['kind'] = Work['kind']> {
  readonly file: string;
  readonly work: Extract<Work, { kind: K }>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export type Reply =
  | { readonly ok: true; readonly outcome: Outcomes[Work['kind']] }
  | { readonly ok: false; readonly reason: string };

/** Runs in the thread. Each piece of work opens the file anew: it may be another one since. */
export async function carryOut({ file, work, now }: Order): Promise<Outcomes[Work['kind']]> {
  const create = work.kind === 'prepare' && work.create;
  if (create) mkdirSync(dirname(file), { recursive: true });
  const database = openForWriting(file, create);
  try {
    return await inTransaction(database, async () => {
      switch (work.kind) {
        case 'prepare':
          await migrate(toMigration(database), now);
          return undefined;
        case 'change':
          return applyChanges(toTransaction(database), work.request, now);
        case 'record-seen':
          await applySightings(toTransaction(database), work.sightings, now);
          return undefined;
        case 'record-certificates':
          await applySeen(toTransaction(database), work.seen, now);
          return undefined;
        case 'record-reports':
          await applyReports(toTransaction(database), work.entries, now);
          return undefined;
        case 'claim-warnings':
          return applyClaims(toTransaction(database), work.claims, now);
      }
    });
  } finally {
    database.close();
  }
}

/** Has it carried out in a thread. Rejects with a readable reason. */
export function order<K extends Work['kind']>(order: Order<K>): Promise<Outcomes[K]> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcomes[K]>();
  // .ts in a checkout, .js when built.
  const thread = new URL(`./sqlite-thread${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(thread, { workerData: order, execArgv: [] });
  worker.once('message', (reply: Reply) => {
    if (reply.ok) resolve(reply.outcome as Outcomes[K]);
    else reject(new Error(reply.reason));
  });
  worker.once('error', reject);
  worker.once('exit', () => reject(new Error('the thread that writes to the database ended early')));
  return promise;
}
