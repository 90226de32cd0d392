// What do the main file and its includes say together? One tree, whose nodes know their files.

import { dirname, join, relative, resolve } from 'node:path';
import type { Problem } from '../model/problem.ts';
import { type Environment, expandText } from './environment.ts';
import type { Disk } from './files/disk.ts';
import { describeReadError } from './files/read-error.ts';
import { readYaml } from './read-yaml.ts';
import { findNode, formatPath, type ListNode, type MapEntry, type MapNode, type SourceNode } from './source.ts';

/** Largest YAML file. Ten thousand sites fit into it. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Most included files. */
const MAX_FILES = 1_000;

export interface Sources {
  /** undefined when a file could not be read as YAML: then nothing further can be said. */
  readonly root: MapNode | undefined;
  /** And the folders that `include` looks in. */
  readonly files: readonly string[];
  readonly problems: readonly Problem[];
}

/** Reads `file` (as given; problems name it so) and what its `include` names, relative to it. */
export async function readSources(file: string, env: Environment, disk: Disk): Promise<Sources> {
  const problems: Problem[] = [];
  const main = await readTree(file, disk, problems);
  if (main === undefined) return { root: undefined, files: [file], problems };

  const { files, folders } = await findIncludes(file, main, { env, disk }, problems);
  const trees = [main];
  for (const included of files) {
    const tree = await readTree(included, disk, problems);
    if (tree !== undefined) trees.push(withoutMainKeys(tree, problems));
  }
  const root = problems.some((problem) => problem.severity === 'error') ? undefined : joinTrees(trees, problems);
  return { root, files: [file, ...files, ...folders], problems };
}

async function readTree(file: string, disk: Disk, problems: Problem[]): Promise<MapNode | undefined> {
  let text: string;
  try {
    const { size } = await disk.stat(file);
    if (size > MAX_BYTES) {
      const message = `the file has ${size} bytes, at most ${MAX_BYTES} are read`;
      problems.push({ severity: 'error', file, message, remedy: 'split it, and use `include`' });
      return undefined;
    }
    text = new TextDecoder('utf-8', { fatal: true }).decode(await disk.read(file));
  } catch (error) {
    problems.push({ severity: 'error', file, ...describeReadError(error) });
    return undefined;
  }
  const result = readYaml(text, file);
  if ('problems' in result) {
    problems.push(...result.problems);
  } else if (result.root.kind !== 'map') {
    const message = `expected keys such as listeners: and sites:, found a ${result.root.kind}`;
    problems.push({ severity: 'error', ...result.root.place, message, remedy: 'see docs/configuration.md' });
  } else {
    return result.root;
  }
  return undefined;
}

/** Included files in alphabetical order of each pattern, as paths like that of the main file. */
async function findIncludes(
  file: string,
  main: MapNode,
  { env, disk }: { readonly env: Environment; readonly disk: Disk },
  problems: Problem[],
): Promise<{ files: string[]; folders: string[] }> {
  const folder = dirname(file);
  const node = findNode(main, ['include']);
  const patterns = node?.kind === 'list' ? node.items : [];
  const found = new Set<string>();
  const folders = new Set<string>();
  for (const [index, pattern] of patterns.entries()) {
    if (pattern.kind !== 'scalar' || typeof pattern.value !== 'string') continue;
    // A variable that is missing is reported with all others, once the files are joined.
    const expanded = expandText(pattern.value, env, () => {});
    folders.add(join(folder, plainFolderOf(expanded)));
    const matches = await expandPattern(expanded, folder, disk);
    for (const match of matches) if (resolve(match) !== resolve(file)) found.add(match);
    if (matches.length === 0) {
      problems.push({
        severity: hasWildcard(pattern.value) ? 'warning' : 'error',
        ...pattern.place,
        path: formatPath(['include', index]),
        message: `no file matches ${pattern.source}`,
        remedy: `create it, or remove the entry; it is looked up in the folder of ${file}`,
      });
    }
  }
  if (found.size <= MAX_FILES) return { files: [...found], folders: [...folders] };
  const message = `${found.size} files are included, at most ${MAX_FILES} are read`;
  problems.push({ severity: 'error', ...main.place, path: 'include', message, remedy: 'join files' });
  return { files: [], folders: [...folders] };
}

/** Where its first wildcard stands, or its name. */
function plainFolderOf(pattern: string): string {
  const [start = ''] = pattern.split(/[*?[{]/, 1);
  return dirname(`${start}x`);
}

async function expandPattern(pattern: string, folder: string, disk: Disk): Promise<string[]> {
  const matches = await disk.find(resolve(folder, pattern));
  return matches.toSorted().map((match) => `${folder}/${relative(folder, match)}`.replace(/^\.\//, ''));
}

function hasWildcard(pattern: string): boolean {
  return /[*?[{]/.test(pattern);
}

/** `version` and `include` belong to the main file alone: an included file is a part, not a configuration. */
function withoutMainKeys(tree: MapNode, problems: Problem[]): MapNode {
  for (const key of ['version', 'include']) {
    const entry = tree.entries.get(key);
    if (entry === undefined) continue;
    const message = `\`${key}\` stands in an included file`;
    problems.push({
      severity: 'error',
      ...entry.keyPlace,
      path: key,
      message,
      remedy: 'keep it in the main file only',
    });
  }
  return tree;
}

/** Lists are appended, maps are joined by key; anything else may be set in one file only. */
function joinTrees(trees: readonly MapNode[], problems: Problem[]): MapNode {
  const [main, ...included] = trees as [MapNode, ...MapNode[]];
  const entries = new Map(main.entries);
  for (const tree of included) {
    for (const [key, entry] of tree.entries) {
      const known = entries.get(key);
      entries.set(key, known === undefined ? entry : { ...known, node: joinNodes(known, entry, key, problems) });
    }
  }
  return { ...main, entries };
}

function joinNodes(known: MapEntry, entry: MapEntry, path: string, problems: Problem[]): SourceNode {
  const [first, second] = [known.node, entry.node];
  if (first.kind === 'list' && second.kind === 'list') return joinLists(first, second);
  if (first.kind !== 'map' || second.kind !== 'map') {
    reportTwice(known, entry, path, problems);
    return first;
  }
  const entries = new Map(first.entries);
  for (const [key, child] of second.entries) {
    const other = entries.get(key);
    if (other === undefined) entries.set(key, child);
    else reportTwice(other, child, `${path}.${key}`, problems);
  }
  return { ...first, entries };
}

function joinLists(first: ListNode, second: ListNode): ListNode {
  return { ...first, items: [...first.items, ...second.items] };
}

function reportTwice(known: MapEntry, entry: MapEntry, path: string, problems: Problem[]): void {
  const { file, line } = known.keyPlace;
  const message = `\`${path}\` is set in ${file}:${line} already`;
  problems.push({ severity: 'error', ...entry.keyPlace, path, message, remedy: 'set it in one file only' });
}
