// The files of the container, read as far as the tests need it: the instructions of a Dockerfile, and what .dockerignore
// keeps out.

import { readFileSync } from 'node:fs';
import { inCheckout } from '../kit/process.ts';

export interface Instruction {
  readonly name: string;
  readonly text: string;
}

export function readCheckout(file: string): string {
  return readFileSync(inCheckout(file), 'utf8');
}

/** One for each instruction, with continued lines joined; those of all stages, in order. */
export function readDockerfile(): Instruction[] {
  return readCheckout('Dockerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ name: line.split(' ', 1)[0] ?? '', text: line.slice(line.indexOf(' ') + 1) }));
}

/** The words of an instruction in exec form; throws for a shell's line. */
export function readExecForm(text: string): string[] {
  return JSON.parse(text) as string[];
}

/** Whether the builder never sees a file. Each line is `*` or, behind it, `!` and a path: the only form that is read. */
export function isIgnored(file: string): boolean {
  const [first, ...others] = readCheckout('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (first !== '*' || others.some((line) => !/^![\w./-]+$/.test(line)))
    throw new Error('.dockerignore has another form');
  return !others.some((line) => `${file}/`.startsWith(`${line.slice(1)}/`));
}
