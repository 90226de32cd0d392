// Finds the rule of a path: the nearest enclosing one, on whole segments.

import type { Reading } from './canonical-path.ts';

export interface PathEntry<T> {
  readonly segments: Reading;
  readonly rule: T;
  /** Holds in its own letter case only; in another one the rule around it does. */
  readonly exactOnly: boolean;
}

interface Node<T> {
  entry: PathEntry<T> | undefined;
  readonly children: Map<string, Node<T>>;
}

export interface PathTable<T> {
  /** The rule of the longest enclosing path; the root's where none is nearer. */
  find(reading: Reading): T;
}

/** `fold` brings a segment to the form in which segments are compared. */
export function createPathTable<T>(
  root: T,
  entries: Iterable<PathEntry<T>>,
  fold: (segment: string) => string,
): PathTable<T> {
  const top: Node<T> = { entry: undefined, children: new Map() };
  for (const entry of entries) {
    let node = top;
    for (const segment of entry.segments) {
      const key = fold(segment);
      const next = node.children.get(key) ?? { entry: undefined, children: new Map() };
      node.children.set(key, next);
      node = next;
    }
    node.entry = entry;
  }
  return {
    find(reading) {
      let node = top;
      let nearest = top.entry?.rule ?? root;
      for (const segment of reading) {
        const next = node.children.get(fold(segment));
        if (next === undefined) break;
        node = next;
        if (node.entry !== undefined && holds(node.entry, reading)) nearest = node.entry.rule;
      }
      return nearest;
    },
  };
}

function holds({ exactOnly, segments }: PathEntry<unknown>, reading: Reading): boolean {
  return !exactOnly || segments.every((segment, index) => segment === reading[index]);
}
