// A file system with little room, which can be filled and emptied.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';

const SIZE_KIB = 2048;
const BALLAST = 'ballast';

export interface SmallDisk {
  readonly path: string;
  fill(): void;
  empty(): void;
}

/** What `skip` of a test wants: only root may mount, and not in every container. */
export const noSmallDisk =
  process.platform === 'linux' && spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0
    ? false
    : 'no file system can be mounted here';

/** Mounted at that path until the test ends. */
export function mountSmallDisk(t: Test, path: string): SmallDisk {
  mkdirSync(path);
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_KIB}k`, 'tmpfs', path]);
  if (status !== 0) throw new Error(`no small disk: ${stderr}`);
  t.teardown(() => void spawnSync('umount', ['-l', path]));
  const ballast = join(path, BALLAST);
  return {
    path,
    fill() {
      const file = openSync(ballast, 'w');
      try {
        for (let written = 0; written < 2 * SIZE_KIB * 1024; ) written += writeSync(file, Buffer.alloc(4096));
        throw new Error('it cannot be filled');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    empty: () => rmSync(ballast, { force: true }),
  };
}
