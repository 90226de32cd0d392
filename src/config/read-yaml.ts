// What does one YAML file say? Text to a tree of values with places; never more than plain scalars, lists and maps.

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import type { Problem } from '../model/problem.ts';
import type { MapEntry, Place, SourceNode } from './source.ts';

/** Most nodes in one file, aliases counted as often as they are used: a file of ten lines can name a billion. */
const MAX_NODES = 100_000;
/** Deepest nesting. The format itself needs eight levels. */
const MAX_DEPTH = 64;

interface Reader {
  readonly file: string;
  readonly text: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly problems: Problem[];
  nodes: number;
}

/** The tree of a file, or every problem of its YAML; never both. */
export function readYaml(text: string, file: string): { root: SourceNode } | { problems: Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    lineCounter: lines,
    prettyErrors: false,
    keepSourceTokens: false,
  });
  const reader: Reader = { file, text, document, lines, problems: [], nodes: 0 };
  reportSyntax(reader);
  if (reader.problems.length > 0) return { problems: reader.problems };
  if (document.contents === null) {
    const remedy = 'restore its content; docs/configuration.md shows what may stand in it';
    return { problems: [{ severity: 'error', file, message: 'the file is empty', remedy }] };
  }
  const root = convert(reader, document.contents, 0);
  return reader.problems.length > 0 ? { problems: reader.problems } : { root };
}

interface Advice {
  /** Left out: the parser's own words are clear. */
  readonly message?: (word: string) => string;
  readonly remedy: string;
}

/** What the codes of the YAML parser mean to somebody who edits a file. `word` is what stands at the place. */
const ADVICE: Readonly<Record<string, Advice>> = {
  DUPLICATE_KEY: { message: (word) => `the key "${word}" stands here a second time`, remedy: 'join the two into one' },
  MULTIPLE_DOCS: {
    message: () => 'a second YAML document begins in the file',
    remedy: 'keep one document per file; move the rest into a file of its own and name it under `include`',
  },
  BAD_ALIAS: {
    message: () => 'a bare * starts a YAML alias, and this one has no name',
    remedy: 'put it in quotes: "*"',
  },
  TAB_AS_INDENT: { remedy: 'indent with spaces' },
  BAD_SCALAR_START: { remedy: 'put the value in quotes' },
  BAD_INDENT: { remedy: 'check the indentation, and that every [ and { is closed' },
  MISSING_CHAR: { remedy: 'close the quote or bracket' },
  BLOCK_AS_IMPLICIT_KEY: { remedy: 'put a value that contains ": " in quotes' },
  TAG_RESOLVE_FAILED: { remedy: 'remove the tag' },
};

function reportSyntax(reader: Reader): void {
  const seen = new Set<number>();
  for (const { code, message, pos } of [...reader.document.errors, ...reader.document.warnings]) {
    const { line } = placeAt(reader, pos[0]);
    // What follows on the same line is the parser finding its feet again.
    if (seen.has(line)) continue;
    seen.add(line);
    const { message: rewrite, remedy } = ADVICE[code] ?? { remedy: 'correct the YAML; quoting a value often helps' };
    const word = /[\w./-]+/.exec(reader.text.slice(pos[0], pos[0] + 80))?.[0] ?? '';
    add(reader, pos[0], rewrite?.(word) ?? message.split('\n')[0] ?? code, remedy);
  }
}

function convert(reader: Reader, node: unknown, depth: number): SourceNode {
  const at = offsetOf(node);
  const place = placeAt(reader, at);
  const nothing: SourceNode = { kind: 'scalar', place, value: null, source: '' };
  if (++reader.nodes > MAX_NODES || depth > MAX_DEPTH) {
    if (reader.problems.length === 0) {
      add(
        reader,
        at,
        `more than ${MAX_NODES} values, or nested deeper than ${MAX_DEPTH}`,
        'remove aliases that multiply',
      );
    }
    return nothing;
  }
  if (isAlias(node)) {
    const target = node.resolve(reader.document);
    if (target !== undefined) return convert(reader, target, depth + 1);
    add(reader, at, `"*${node.source}" is a YAML alias of nothing`, `put it in quotes: "*${node.source}"`);
    return nothing;
  }
  if (isSeq(node)) return { kind: 'list', place, items: node.items.map((item) => convert(reader, item, depth + 1)) };
  if (isMap(node)) return { kind: 'map', place, entries: convertEntries(reader, node, depth) };
  if (!isScalar(node)) return nothing;
  const { value } = node;
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return { kind: 'scalar', place, value, source: sourceOf(reader, node) };
  }
  add(reader, at, 'a value of a special YAML type', 'write it as plain text, in quotes');
  return nothing;
}

function convertEntries(reader: Reader, map: YAMLMap, depth: number): Map<string, MapEntry> {
  const entries = new Map<string, MapEntry>();
  for (const { key, value } of map.items) {
    const at = offsetOf(key);
    const text = isScalar(key) && key.value !== null ? String(key.value) : undefined;
    if (text === undefined) {
      add(reader, at, 'a key that is no text', 'put the key in quotes');
    } else if (text === '__proto__' || entries.has(text)) {
      add(reader, at, `the key "${text}" cannot be used here`, 'use each name once, and another name than __proto__');
    } else {
      const keyPlace = placeAt(reader, at);
      const node: SourceNode =
        value === null
          ? { kind: 'scalar', place: keyPlace, value: null, source: '' }
          : convert(reader, value, depth + 1);
      entries.set(text, { keyPlace, node });
    }
  }
  return entries;
}

/** The text of a scalar as it stands in the file, shortened to what a message can carry. */
function sourceOf(reader: Reader, node: Node): string {
  const [start, end] = node.range ?? [0, 0];
  const source = reader.text.slice(start, end);
  return source.length > 80 ? `${source.slice(0, 77)}...` : source;
}

function offsetOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}

function placeAt(reader: Reader, offset: number): Place {
  const { line, col } = reader.lines.linePos(offset);
  return { file: reader.file, line: Math.max(1, line), column: Math.max(1, col) };
}

function add(reader: Reader, offset: number, message: string, remedy: string): void {
  reader.problems.push({ severity: 'error', ...placeAt(reader, offset), message, remedy });
}
