// Which path rules of a site enclose which: on whole segments, compared as the site compares them.

import { canonicalPath, type PathAllowances, type Reading } from './canonical-path.ts';

export interface PlacedPath {
  /** As configured. */
  readonly path: string;
  /** Decoded; undefined where the path has no canonical form and never matches. */
  readonly segments: Reading | undefined;
  /** The configured paths around it, nearest first. */
  readonly around: readonly string[];
}

export interface PathComparison {
  readonly caseSensitive: boolean;
  readonly urlPath: PathAllowances;
}

/** Outer paths come before the ones they enclose. */
export function placePaths(paths: readonly string[], { caseSensitive, urlPath }: PathComparison): PlacedPath[] {
  const fold = caseSensitive ? exactCase : foldCase;
  const read = paths.map((path) => {
    const segments = canonicalPath(path, urlPath)?.readings[0];
    return { path, segments, folded: (segments ?? path.split('/').slice(1)).map(fold) };
  });
  read.sort((a, b) => a.folded.length - b.folded.length);
  return read.map(({ path, segments, folded }, index) => {
    const outer = read
      .slice(0, index)
      .filter((other) => other.folded.length < folded.length && isPrefix(other.folded, folded));
    return { path, segments, around: outer.map((other) => other.path).reverse() };
  });
}

function isPrefix(prefix: Reading, whole: Reading): boolean {
  return prefix.every((segment, index) => segment === whole[index]);
}

/** Segments are compared as they are. */
export function exactCase(segment: string): string {
  return segment;
}

/** Letter case does not count. Upper case first, so that letters with two lower forms (`s`, `ſ`) fold together. */
export function foldCase(segment: string): string {
  return segment.toUpperCase().toLowerCase();
}
