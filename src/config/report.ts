// Collects what is wrong with a configuration, each thing with its place.

import type { Problem } from '../model/problem.ts';
import { type ConfigPath, findKeyPlace, findPlace, formatPath, type Place, type SourceNode } from './source.ts';

export interface Report {
  readonly problems: readonly Problem[];
  /** Something at a path of the configuration. */
  error(path: ConfigPath, message: string, remedy: string): void;
  warning(path: ConfigPath, message: string, remedy: string): void;
  /** The key at the end of the path is the mistake, not its value. */
  keyError(path: ConfigPath, message: string, remedy: string): void;
  /** Something inside a file that the configuration names at `path`; `line` undefined: the file as a whole. */
  inFile(
    severity: Problem['severity'],
    named: NamedFile,
    line: number | undefined,
    message: string,
    remedy: string,
  ): void;
}

/** A file, and where the configuration names it. */
export interface NamedFile {
  readonly file: string;
  readonly path: ConfigPath;
}

export function createReport(root: SourceNode): Report {
  const problems: Problem[] = [];
  function add(severity: Problem['severity'], place: Place, path: ConfigPath, message: string, remedy: string): void {
    const problem = { severity, ...place, path: formatPath(path), message, remedy };
    if (!problems.some((known) => isSameMistake(known, problem))) problems.push(problem);
  }
  return {
    problems,
    error: (path, message, remedy) => add('error', findPlace(root, path), path, message, remedy),
    warning: (path, message, remedy) => add('warning', findPlace(root, path), path, message, remedy),
    keyError: (path, message, remedy) => add('error', findKeyPlace(root, path), path, message, remedy),
    inFile(severity, { file, path }, line, message, remedy) {
      const where = line === undefined ? { file } : { file, line };
      problems.push({ severity, ...where, path: formatPath(path), message, remedy });
    },
  };
}

/** One mistake, one problem: a value that is wrong in itself is not told a second time for what follows from it. */
function isSameMistake(known: Problem, problem: Problem): boolean {
  return (
    known.severity === 'error' &&
    known.path === problem.path &&
    known.file === problem.file &&
    known.line === problem.line &&
    known.column === problem.column
  );
}
