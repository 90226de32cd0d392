// Inputs that found something: each is run again by a test, so that what was mended stays mended.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isTargetName, type TargetName } from './targets.ts';

export interface Finding {
  readonly target: TargetName;
  /** One sentence: what went wrong with it. */
  readonly found: string;
  readonly base64: string;
}

export const FINDINGS = join(import.meta.dirname, 'findings');

/** One file for each finding. */
export function readFindings(folder: string = FINDINGS): { readonly file: string; readonly finding: Finding }[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({ file, finding: parseFinding(readFileSync(join(folder, file), 'utf8'), file) }));
}

function parseFinding(text: string, file: string): Finding {
  const { target, found, base64 }: Partial<Record<string, unknown>> = JSON.parse(text);
  if (typeof target === 'string' && isTargetName(target) && typeof found === 'string' && typeof base64 === 'string') {
    return { target, found, base64 };
  }
  throw new Error(`${file} is no finding`);
}

/** Gives the path of the file. */
export function writeFinding(folder: string, name: string, finding: Finding): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  writeFileSync(file, `${JSON.stringify(finding, null, 2)}\n`);
  return file;
}
