// What does the schema find wrong, in words for somebody who edits YAML: what was found, what was expected, what to do.

import type { z } from 'zod';
import { DURATION_PATTERN, knownKeys, SIZE_PATTERN, schemasAt } from './json-schema.ts';
import { findNearest, suggest } from './nearest.ts';
import { explainRenamed } from './renamed.ts';
import type { Report } from './report.ts';
import { type ConfigPath, findNode, type SourceNode } from './source.ts';

type Issue = z.core.$ZodIssue;

interface Finding {
  readonly path: ConfigPath;
  /** The key at the end of the path is the mistake. */
  readonly atKey?: boolean;
  readonly message: string;
  readonly remedy: string;
}

/** Reports every issue of a parse of the whole tree. */
export function reportIssues(issues: readonly Issue[], root: SourceNode, report: Report): void {
  for (const { path, atKey, message, remedy } of findingsOf(issues, [], root)) {
    if (atKey) report.keyError(path, message, remedy);
    else report.error(path, message, remedy);
  }
}

function findingsOf(issues: readonly Issue[], base: ConfigPath, root: SourceNode): Finding[] {
  return issues.flatMap((issue) => findingsOfIssue(issue, [...base, ...(issue.path as ConfigPath)], root));
}

function findingsOfIssue(issue: Issue, path: ConfigPath, root: SourceNode): Finding[] {
  const node = findNode(root, path);
  const message = `found ${describeFound(node)}, ${phrase(issue)}`;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        return {
          path: [...path, key],
          atKey: true,
          message: `unknown key "${key}"`,
          remedy: explainRenamed(path, key) ?? suggest(key, knownKeys(path)),
        };
      });
    case 'invalid_union':
      return findingsOfUnion(issue, path, root);
    case 'invalid_key': {
      const wrong = `the key "${path.at(-1)}": ${phrase(issue.issues[0])}`;
      return [{ path, atKey: true, message: wrong, remedy: 'correct the key' }];
    }
    case 'invalid_type':
      return [wrongType([phrase(issue)], path, node)];
    case 'invalid_value':
      return [{ path, message, remedy: suggestValue(node, issue.values.map(String)) }];
    default:
      return [{ path, message, remedy: 'correct the value' }];
  }
}

/** Of several forms, the one that was meant is the one whose kind of value (text, map, list) was written. */
function findingsOfUnion(issue: z.core.$ZodIssueInvalidUnion, path: ConfigPath, root: SourceNode): Finding[] {
  const meant = issue.errors.filter((branch) => !branch.some(isRootType));
  const [only] = meant;
  if (meant.length === 1 && only !== undefined) return findingsOf(only, path, root);
  const node = findNode(root, path);
  const phrases = (branches: readonly (readonly Issue[])[]) => branches.flatMap((branch) => branch.map(phrase));
  if (meant.length === 0) return [wrongType(phrases(issue.errors), path, node)];
  const message = `found ${describeFound(node)}, ${joinPhrases(phrases(meant))}`;
  return [{ path, message, remedy: 'correct the value' }];
}

function wrongType(expected: readonly string[], path: ConfigPath, node: SourceNode | undefined): Finding {
  const wanted = joinPhrases(expected);
  if (node === undefined) {
    return { path, message: `"${path.at(-1)}" is missing, ${wanted}`, remedy: `add "${path.at(-1)}:"` };
  }
  if (node.kind !== 'scalar')
    return { path, message: `found ${describeFound(node)}, ${wanted}`, remedy: 'correct the value' };
  if (node.value === null) {
    return { path, message: `nothing stands here, ${wanted}`, remedy: 'give it a value, or remove the key' };
  }
  const isMisread = typeof node.value !== 'string' && wanted.includes('text');
  const message = isMisread
    ? `YAML reads this as ${describeFound(node)}, ${wanted}`
    : `found ${describeFound(node)}, ${wanted}`;
  return { path, message, remedy: isMisread ? writeAsText(path, node.source) : 'correct the value' };
}

function joinPhrases(phrases: readonly string[]): string {
  return [...new Set(phrases)].join(' or ').replaceAll(' or expected', ' or');
}

/** Text that YAML took for a number or for true: quoting keeps it, but a time or a size lacks its unit. */
function writeAsText(path: ConfigPath, source: string): string {
  const patterns = schemasAt(path).map((schema) => schema.pattern);
  if (patterns.includes(DURATION_PATTERN)) return `give it a unit: ${source}ms, ${source}s or ${source}m`;
  if (patterns.includes(SIZE_PATTERN)) return `give it a unit: ${source}B, ${source}KiB or ${source}MiB`;
  return `put it in quotes: "${source}"`;
}

function isRootType(issue: Issue): boolean {
  return issue.code === 'invalid_type' && issue.path.length === 0;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

const FORMATS: Readonly<Record<string, string>> = {
  url: 'a URL with a scheme that fits',
  cidrv4: 'a network such as 10.0.0.0/8',
  cidrv6: 'a network such as fd00::/8',
  ipv4: 'an address such as 10.0.0.1',
  ipv6: 'an address such as fd00::1',
};

/** What was expected, in words: `expected ...`. Messages that our schema gives are such phrases already. */
function phrase(issue: Issue | undefined): string {
  if (issue === undefined) return 'expected something else';
  if (issue.message.startsWith('expected ')) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? `expected ${String(issue.values[0])}`
        : `expected one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
      return `expected ${FORMATS[issue.format] ?? issue.format}`;
    case 'too_small':
      if (issue.origin === 'string') return 'expected at least one character';
      return `expected at least ${issue.minimum}${issue.origin === 'array' ? ' entry' : ''}`;
    case 'too_big':
      return `expected at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

function suggestValue(node: SourceNode | undefined, values: readonly string[]): string {
  const nearest = node?.kind === 'scalar' ? findNearest(String(node.value), values) : undefined;
  if (nearest !== undefined) return `did you mean "${nearest}"?`;
  return values.length === 1 ? `write ${values[0]}` : 'use one of these values';
}

function describeFound(node: SourceNode | undefined): string {
  if (node === undefined) return 'nothing';
  if (node.kind === 'list') return node.items.length === 0 ? 'an empty list' : 'a list';
  if (node.kind === 'map') return node.entries.size === 0 ? 'an empty map' : 'a map';
  if (node.value === null) return 'nothing';
  if (typeof node.value === 'number') return `the number ${node.source}`;
  if (typeof node.value === 'boolean') return `the value ${node.source}`;
  return node.value === '' ? 'an empty text' : `the text ${withoutCredentials(node.source)}`;
}

/** What is printed ends up in logs of builds: a password in an address does not belong there. */
function withoutCredentials(text: string): string {
  return text.replace(/:\/\/[^/@]*@/g, '://...@');
}
