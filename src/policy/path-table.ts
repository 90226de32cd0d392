// Finds the rule of a path: the nearest enclosing one, on whole segments.

import type { Reading } from './canonical-path.ts';

interface Node<T> {
  rule: T | undefined;
  readonly children: Map<string, Node<T>>;
}

export interface PathTable<T> {
  /** The rule of the longest enclosing path; the root's where none is nearer. */
  find(reading: Reading): T;
}

/** Builds the table. `fold` brings a segment to the form in which segments are compared. */
export function createPathTable<T>(
  root: T,
  rules: Iterable<readonly [Reading, T]>,
  fold: (segment: string) => string,
): PathTable<T> {
  const top: Node<T> = { rule: root, children: new Map() };
  for (const [segments, rule] of rules) {
    let node = top;
    for (const segment of segments) {
      const key = fold(segment);
      const next = node.children.get(key) ?? { rule: undefined, children: new Map() };
      node.children.set(key, next);
      node = next;
    }
    node.rule = rule;
  }
  return {
    find(reading) {
      let node = top;
      let nearest = top.rule ?? root;
      for (const segment of reading) {
        const next = node.children.get(fold(segment));
        if (next === undefined) break;
        node = next;
        nearest = node.rule ?? nearest;
      }
      return nearest;
    },
  };
}

/** Segments are compared as they are. */
export function exactCase(segment: string): string {
  return segment;
}

/** Letter case does not count. Upper case first, so that letters with two lower forms (`s`, `ſ`) fold together. */
export function foldCase(segment: string): string {
  return segment.toUpperCase().toLowerCase();
}
