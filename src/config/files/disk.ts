// Where are the files of a configuration read from? The disk; or, in another process, what was read from it before.

import { glob, readdir, readFile, stat } from 'node:fs/promises';

export interface FileState {
  readonly kind: 'file' | 'folder' | 'other';
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
}

/** Everything rejects with an error that has a `code`, as node:fs does. */
export interface Disk {
  stat(file: string): Promise<FileState>;
  read(file: string): Promise<Uint8Array>;
  /** Names in a folder. */
  list(folder: string): Promise<readonly string[]>;
  /** Files that a pattern with wildcards matches. */
  find(pattern: string): Promise<readonly string[]>;
}

/** Each answer of a disk by its question. Can be sent to another process. Holds keys and passwords. */
export type Recording = Map<string, { readonly value: unknown } | { readonly code: string }>;

export const disk: Disk = {
  async stat(file) {
    const stats = await stat(file);
    const other = stats.isFile() ? 'file' : 'other';
    return { kind: stats.isDirectory() ? 'folder' : other, size: stats.size, mode: stats.mode };
  },
  read: (file) => readFile(file),
  list: (folder) => readdir(folder),
  async find(pattern) {
    const found: string[] = [];
    for await (const file of glob(pattern)) found.push(file);
    return found;
  },
};

/** A question that was answered before has the same answer again: what is read of it once is what is read of it twice. */
export function recordInto(recording: Recording, from: Disk): Disk {
  return answering(async (operation, name) => {
    const key = keyOf(operation, name);
    if (!recording.has(key)) {
      try {
        recording.set(key, { value: await from[operation](name) });
      } catch (error) {
        recording.set(key, { code: (error as NodeJS.ErrnoException).code ?? 'unknown' });
        throw error;
      }
    }
    return answerOf(recording, key);
  });
}

/** Answers what was asked before, and nothing else. */
export function replay(recording: Recording): Disk {
  return answering(async (operation, name) => answerOf(recording, keyOf(operation, name)));
}

function answering(answer: (operation: keyof Disk, name: string) => Promise<unknown>): Disk {
  // A recording holds under each operation what that operation has answered.
  const ask = (operation: keyof Disk) => (name: string) => answer(operation, name) as Promise<never>;
  return { stat: ask('stat'), read: ask('read'), list: ask('list'), find: ask('find') };
}

function answerOf(recording: Recording, key: string): unknown {
  const known = recording.get(key) ?? { code: 'ENOENT' };
  if ('code' in known) throw Object.assign(new Error(known.code), { code: known.code });
  // Whoever reads large lists hands their bytes over to a thread, and has them no more.
  return known.value instanceof Uint8Array ? new Uint8Array(known.value) : known.value;
}

function keyOf(operation: keyof Disk, name: string): string {
  return `${operation} ${name}`;
}
