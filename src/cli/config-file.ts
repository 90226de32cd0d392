// Which configuration a command works with, and how its problems are shown.

import { InvalidArgumentError, Option } from 'commander';
import { formatProblems } from '../config/format-problems.ts';
import { type Configuration, type LoadInput, loadConfiguration } from '../config/load.ts';
import { systemClock } from '../model/clock.ts';
import type { Problem } from '../model/problem.ts';

export function configOption(): Option {
  return new Option('-c, --config <file>', 'configuration file')
    .env('PORTCULLIS_CONFIG')
    .default('config/portcullis.yaml')
    .argParser(readFileName);
}

function readFileName(text: string): string {
  if (text === '') throw new InvalidArgumentError('expected the name of a file.');
  return text;
}

type Tolerance = Pick<LoadInput, 'emptyCrlFolder'>;

export function loadFile(file: string, tolerance: Tolerance = {}): ReturnType<typeof loadConfiguration> {
  return loadConfiguration(file, { ...tolerance, env: process.env, now: systemClock() });
}

/** The configuration, or undefined after its problems were written to standard error. Warnings are written too. */
export async function loadOrReport(file: string, tolerance?: Tolerance): Promise<Configuration | undefined> {
  const result = await loadFile(file, tolerance);
  report(result.ok ? result.warnings : result.problems);
  return result.ok ? result.configuration : undefined;
}

function report(problems: readonly Problem[]): void {
  if (problems.length > 0) process.stderr.write(`${formatProblems(problems)}\n`);
}
