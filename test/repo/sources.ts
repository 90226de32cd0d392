// The files of src, and what each of them imports: found by a simple scan, so that the rules of the house can be checked.

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export interface Source {
  /** From the root of the repository, with forward slashes: `src/model/text.ts`. */
  readonly file: string;
  readonly text: string;
}

const ROOT = join(import.meta.dirname, '..', '..');

export function readSources(): Source[] {
  return readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({
      file: posix.join('src', ...name.split(/[\\/]/)),
      text: readFileSync(join(ROOT, 'src', name), 'utf8'),
    }));
}

const IMPORT = /(?:^|[;\s}])(?:from|import)\s*\(?\s*(['"])(?<name>[^'"\n]+)\1/g;

/** Every module that a file names in an import, an export or an import(), as written. */
export function importsOf({ text }: Source): string[] {
  return [...text.matchAll(IMPORT)].map((match) => match.groups?.name ?? '');
}
