// How does a file change at once? Whoever reads it, also after a crash, sees the old content or the new, and no other.

import { open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * For one writer at a time: the name of the temporary file is always the same, so that a crash leaves one at most. It is a
 * hidden one, which nobody reads who reads all files of the folder.
 */
export async function replaceFile(file: string, content: string | Uint8Array, mode: number): Promise<void> {
  const temporary = join(dirname(file), `.${basename(file)}.new`);
  await writeThrough(temporary, content, mode);
  await rename(temporary, file);
  // Without this a power cut could bring the old name back. Windows has no such call, and no need.
  if (process.platform !== 'win32') await syncFolder(dirname(file));
}

async function writeThrough(file: string, content: string | Uint8Array, mode: number): Promise<void> {
  const handle = await open(file, 'w', mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
