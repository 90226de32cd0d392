// Have files changed, and do they hold still? Folders tell of changes; a slow look finds what they do not tell.

import { hash } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from '../model/log.ts';

/** How long files must not change before they are read: whoever writes one without care pauses for less. */
const QUIET_MS = 500;
/** A file that is written all the time holds up the others no longer than this. */
const LONGEST_WAIT_MS = 10_000;
/** Network file systems tell nothing of what others write, nor does a folder of where its links lead. */
const LOOK_MS = 10_000;
/** More are found by the slow look only. Linux grants 8192 to all processes of a user. */
const MAX_FOLDERS = 256;
/** By how much the time in a file may lie before the clock at the moment it was written: one tick of the kernel. */
const TICK_MS = 10;

export interface FileWatch {
  /** To be called before the files are read, so that a change meanwhile is found behind it. */
  note(): Promise<void>;
  /** From now on these and no others; none: nothing is watched. `readAt`: when reading them began, ms since the epoch. */
  follow(files: readonly string[], readAt: number): Promise<void>;
  close(): void;
}

export interface FileWatchInput {
  /** Gets the files that have changed, as they were named, once they hold still. Waited for before the next look. */
  readonly onChange: (changed: readonly string[]) => Promise<void>;
  readonly log: Log;
}

export function watchFiles({ onChange, log }: FileWatchInput): FileWatch {
  /** State of each file as it was last read. */
  let known = new Map<string, string>();
  const folders = createFolderWatches((folder, name) => {
    // Kubernetes swaps `..data`, and thereby every file beside it.
    if (name === null || name.startsWith('..') || known.has(folder) || known.has(join(folder, name))) lookSoon();
  }, log);
  let timer: NodeJS.Timeout | undefined;
  let isLooking = false;
  let isPending = false;
  let closed = false;

  function lookSoon(): void {
    if (isPending || known.size === 0) return;
    isPending = true;
    if (!isLooking) lookIn(QUIET_MS);
  }

  function lookIn(ms: number): void {
    clearTimeout(timer);
    if (closed || known.size === 0) return;
    timer = setTimeout(() => void look(), ms);
    timer.unref();
  }

  async function look(): Promise<void> {
    isLooking = true;
    isPending = false;
    try {
      const changed = await settle();
      if (changed.length > 0 && !closed) await onChange(changed);
      await folders.follow(known.keys());
    } catch (err) {
      log.error({ err }, 'files could not be watched');
    }
    isLooking = false;
    lookIn(isPending ? QUIET_MS : LOOK_MS);
  }

  /** What has changed, once it does so no more. */
  async function settle(): Promise<string[]> {
    const deadline = performance.now() + LONGEST_WAIT_MS;
    let current = await statesOf(known.keys());
    while (differences(known, current).length > 0) {
      await wait(QUIET_MS, undefined, { ref: false });
      const next = await statesOf(known.keys());
      if (differences(next, current).length === 0 || performance.now() > deadline) return differences(known, next);
      current = next;
    }
    return [];
  }

  return {
    async note() {
      known = await statesOf(known.keys());
    },
    async follow(files, readAt) {
      const next = new Map<string, string>();
      for (const file of files) next.set(file, known.get(file) ?? (await stateOf(file, readAt)));
      known = next;
      await folders.follow(known.keys());
      if (closed) folders.close();
      else lookSoon();
    },
    close() {
      closed = true;
      clearTimeout(timer);
      folders.close();
    },
  };
}

async function statesOf(files: Iterable<string>): Promise<Map<string, string>> {
  const states = new Map<string, string>();
  for (const file of [...files]) states.set(file, await stateOf(file));
  return states;
}

/**
 * Another text each time the file has changed; of a folder, each time its names have. What was changed after `readAt` may
 * have been read before or behind the change: its state is one that it never has.
 */
async function stateOf(file: string, readAt = Number.POSITIVE_INFINITY): Promise<string> {
  try {
    const stats = await stat(file);
    if (stats.isDirectory()) return await namesIn(file);
    const { dev, ino, size, mode, mtimeMs, ctimeMs } = stats;
    if (Math.max(mtimeMs, ctimeMs) >= readAt - TICK_MS) return 'changed while it was read';
    return `${dev} ${ino} ${size} ${mode} ${mtimeMs} ${ctimeMs}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'cannot be read';
  }
}

/** Without hidden ones, which are not read either. */
async function namesIn(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
  return hash('sha256', JSON.stringify(names.sort()));
}

function differences(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): string[] {
  return [...before].filter(([file, state]) => now.get(file) !== state).map(([file]) => file);
}

interface FolderWatches {
  /** Watches the folders that these files are in, and those of them that are folders. */
  follow(files: Iterable<string>): Promise<void>;
  close(): void;
}

function createFolderWatches(onEvent: (folder: string, name: string | null) => void, log: Log): FolderWatches {
  /** By path and by what is there: a folder that was replaced is another one. */
  const open = new Map<string, FSWatcher>();

  function add(key: string, folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => onEvent(folder, name));
      open.set(key, watcher);
      watcher.on('error', () => remove(key));
    } catch (err) {
      // The slow look goes on.
      log.debug({ err, folder }, 'a folder cannot be watched');
    }
  }

  function remove(key: string): void {
    open.get(key)?.close();
    open.delete(key);
  }

  return {
    async follow(files) {
      const wanted = new Map<string, string>();
      for (const path of new Set([...files].flatMap((file) => [dirname(file), file]))) {
        const stats = await stat(path).catch(() => undefined);
        if (stats?.isDirectory() && wanted.size < MAX_FOLDERS) wanted.set(`${stats.dev} ${stats.ino} ${path}`, path);
      }
      for (const key of [...open.keys()]) if (!wanted.has(key)) remove(key);
      for (const [key, folder] of wanted) if (!open.has(key)) add(key, folder);
    },
    close() {
      for (const key of [...open.keys()]) remove(key);
    },
  };
}
