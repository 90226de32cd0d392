// Work that can wait a few seconds: collected in memory, and brought to the database behind the requests.

import type { Log } from '../model/log.ts';

export interface Batches<T> {
  /** What waits, by the owner's keys; the owner keeps it small. Another map after each writing. */
  readonly waiting: Map<string, T>;
  /** Brings what waits to the database, and stops. */
  close(): Promise<void>;
}

export interface BatchesInput<T> {
  write(batch: readonly T[]): Promise<void>;
  /** They are lost. */
  onLost(batch: readonly T[]): void;
  /** What is not written when it is not, for the log. */
  readonly what: string;
  readonly log: Log;
}

/** A fingerprint is bound so soon after it was first seen, and an inventory so much behind. */
const WRITE_EVERY_MS = 5_000;

export function createBatches<T>({ write, onLost, what, log }: BatchesInput<T>): Batches<T> {
  let waiting = new Map<string, T>();
  let writing: Promise<void> = Promise.resolve();

  async function writeBatch(): Promise<void> {
    if (waiting.size === 0) return;
    const batch = [...waiting.values()];
    waiting = new Map();
    try {
      await write(batch);
    } catch (error) {
      log.warn({ reason: error instanceof Error ? error.message : String(error) }, `${what} are not written`);
      onLost(batch);
    }
  }

  const flush = () => {
    writing = writing.then(writeBatch);
    return writing;
  };
  const timer = setInterval(flush, WRITE_EVERY_MS);
  timer.unref();
  return {
    get waiting() {
      return waiting;
    },
    close() {
      clearInterval(timer);
      return flush();
    },
  };
}
