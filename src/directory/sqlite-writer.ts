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
import { applyChanges, applySightings } from './write.ts';

export type Work =
  | { readonly kind: 'prepare'; readonly create: boolean }
  | { readonly kind: 'change'; readonly request: ChangeRequest }
  | { readonly kind: 'record-seen'; readonly sightings: readonly Sighting[] }
  | { readonly kind: 'record-certificates'; readonly seen: readonly SeenCertificate[] }
  | { readonly kind: 'record-reports'; readonly entries: readonly ReportEntry[] };

export interface Order {
  readonly file: string;
  readonly work: Work;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export type Reply =
  | { readonly ok: true; readonly outcome: ChangeOutcome | undefined }
  | { readonly ok: false; readonly reason: string };

/** Runs in the thread. Each piece of work opens the file anew: it may be another one since. */
export async function carryOut({ file, work, now }: Order): Promise<ChangeOutcome | undefined> {
  const create = work.kind === 'prepare' && work.create;
  if (create) mkdirSync(dirname(file), { recursive: true });
  const database = openForWriting(file, create);
  try {
    return await inTransaction(database, async () => {
      switch (work.kind) {
        case 'prepare':
          return void (await migrate(toMigration(database), now));
        case 'change':
          return applyChanges(toTransaction(database), work.request, now);
        case 'record-seen':
          return void (await applySightings(toTransaction(database), work.sightings, now));
        case 'record-certificates':
          return void (await applySeen(toTransaction(database), work.seen, now));
        case 'record-reports':
          return void (await applyReports(toTransaction(database), work.entries, now));
      }
    });
  } finally {
    database.close();
  }
}

/** Has it carried out in a thread. Rejects with a readable reason. */
export function order(order: Order): Promise<ChangeOutcome | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<ChangeOutcome | undefined>();
  // .ts in a checkout, .js when built.
  const thread = new URL(`./sqlite-thread${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(thread, { workerData: order, execArgv: [] });
  worker.once('message', (reply: Reply) => {
    if (reply.ok) resolve(reply.outcome);
    else reject(new Error(reply.reason));
  });
  worker.once('error', reject);
  worker.once('exit', () => reject(new Error('the thread that writes to the database ended early')));
  return promise;
}
