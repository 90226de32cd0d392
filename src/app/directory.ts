// The directory of a running gateway: its database, the copy in memory that requests look into, and what was seen.

import { existsSync } from 'node:fs';
import type { LoadedDirectory } from '../config/files/directory.ts';
import { createDirectoryCopy, type DirectoryCopy, type DirectoryReports } from '../directory/copy.ts';
import { openDirectory } from '../directory/open.ts';
import { createSightings, type Sightings } from '../directory/sightings.ts';
import type { DirectoryStore } from '../directory/store.ts';
import { readSqliteUrl } from '../directory/urls.ts';
import type { Clock } from '../model/clock.ts';
import { StartFault } from '../model/fault.ts';
import type { Log } from '../model/log.ts';

export interface RunningDirectory {
  readonly copy: DirectoryCopy;
  readonly sightings: Sightings;
  /** For what else is kept in the database. */
  readonly store: DirectoryStore;
  close(): Promise<void>;
}

export interface RunningDirectoryInput {
  readonly clock: Clock;
  readonly log: Log;
  readonly reports: DirectoryReports;
  /** What it says has changed. */
  readonly onChange: () => void;
}

/** A database of a newer version is no fault that passes: that stops the start. Everything else may. */
async function prepareOrLater(store: DirectoryStore): Promise<void> {
  try {
    await store.prepare();
  } catch (error) {
    if (!(error instanceof StartFault)) return;
    await store.close();
    throw error;
  }
}

/** A file of SQLite that nobody has made yet; of PostgreSQL that cannot be told beforehand. */
export function isMissing({ url }: LoadedDirectory): boolean {
  const file = readSqliteUrl(url);
  return file !== undefined && !existsSync(file);
}

/** The store alone, for commands: nothing is read or written yet. `create`: whether a missing SQLite file is made. */
export function openStore(
  { url, password, tls, connections }: LoadedDirectory,
  clock: Clock,
  create = true,
): DirectoryStore {
  return openDirectory(url, { clock, password, tls, connections, create });
}

/** Resolves when the directory was read, or cannot be at the moment: it is tried again without end. */
export async function runDirectory(loaded: LoadedDirectory, input: RunningDirectoryInput): Promise<RunningDirectory> {
  const store = openStore(loaded, input.clock);
  if (isMissing(loaded)) {
    input.log.warn(
      { url: loaded.url },
      'the directory of clients is not there, and is made: nobody is known or blocked in it',
    );
  }
  await prepareOrLater(store);
  const copy = await createDirectoryCopy({
    store,
    stalenessMs: loaded.stalenessMs,
    elapsed: () => performance.now(),
    log: input.log,
    reports: input.reports,
    onChange: input.onChange,
  });
  const sightings = createSightings({ store, clock: input.clock, log: input.log });
  return {
    copy,
    sightings,
    store,
    async close() {
      copy.close();
      await sightings.close();
      await store.close();
    },
  };
}
