// Whose turn is it to change this folder? One process at a time, and none that has died.
//
// A lock file with the number of a process in it can be taken over from a dead one only by racing others who see the
// same, and numbers are used again. SQLite's lock is the kernel's: it ends with its process, however that ends.

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { StartFault } from '../model/fault.ts';

export interface LockOptions {
  /** How long to wait for another process before giving up. Issuing takes a second, with RSA a few. */
  readonly patienceMs?: number;
  /** Name of the lock's file; a hidden one where somebody reads all files of the folder. */
  readonly name?: string;
}

const PATIENCE_MS = 20_000;
const PAUSE_MS = 20;

/** SQLITE_BUSY. */
const BUSY = 5;

/** Runs the action while no other process is in this folder. Throws StartFault when it does not come to its turn. */
export async function withLock<T>(
  folder: string,
  action: () => Promise<T>,
  { patienceMs = PATIENCE_MS, name = 'lock' }: LockOptions = {},
): Promise<T> {
  const lock = openLock(join(folder, name));
  try {
    for (let waitedMs = 0; !takeLock(lock); waitedMs += PAUSE_MS) {
      if (waitedMs >= patienceMs) throw new StartFault(`${folder} is in use by another process; try again later`);
      await wait(PAUSE_MS);
    }
    return await action();
  } finally {
    lock.close();
  }
}

/** The file stays empty, and stays. */
function openLock(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: 0 });
  } catch (error) {
    throw new StartFault(`${file} cannot be opened: ${error instanceof Error ? error.message : error}`);
  }
}

function takeLock(lock: DatabaseSync): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return false;
    throw error;
  }
}
