// The parts of docs/attack-tables.md that are counted: rows and exchanges by file and mode, and which rows hold which
// pitfall.

import { readFileSync } from 'node:fs';
import { MODES } from '../../src/policy/options.ts';
import { formsOf, type Row, TOPICS, type Topic } from './attack-rows.ts';
import { generatedRows, rowsOf } from './attack-topics.ts';

interface Pitfall {
  readonly what: string;
  /** Tests besides the tables. */
  readonly tests: readonly string[];
}

/** With and without a certificate. */
const CLIENTS = 2;

/** By id; those of E, F, G, H and K are all here. */
export function readPitfalls(): Readonly<Record<string, Pitfall>> {
  return JSON.parse(readFileSync(new URL('../attacks/pitfalls.json', import.meta.url), 'utf8'));
}

/** The document with its parts between `<!-- counted: NAME -->` and `<!-- end -->` written anew. */
export function refreshDocument(document: string): string {
  const parts: Readonly<Record<string, () => string>> = { rows: writeCounts, pitfalls: writePitfalls };
  return document.replace(
    /(<!-- counted: (\w+) -->\n).*?(<!-- end -->)/gs,
    (whole, begin: string, name: string, end: string) => {
      const write = parts[name];
      return write === undefined ? whole : `${begin}\n${write()}\n${end}`;
    },
  );
}

function writeCounts(): string {
  const head = ['file', 'rows', 'made', 'refused', 'pass', 'break', ...MODES.map((mode) => `\`${mode}\``)];
  const counts = TOPICS.map(countTopic);
  const sums = counts[0]?.map((_, column) => counts.reduce((sum, row) => sum + (row[column] ?? 0), 0)) ?? [];
  return writeTable([
    head,
    ...TOPICS.map((topic, index) => [
      `[${topic}](../test/attacks/${topic}.jsonl)`,
      ...(counts[index] ?? []).map(String),
    ]),
    ['all', ...sums.map(String)],
  ]);
}

function countTopic(topic: Topic): number[] {
  const rows = rowsOf(topic);
  const made = generatedRows(topic).length;
  const exchanges = MODES.map((mode) => {
    const sent = rows.filter(({ modes }) => modes.includes(mode));
    return CLIENTS * sent.reduce((sum, row) => sum + formsOf(row).length, 0);
  });
  const having = (key: keyof Row) => rows.filter((row) => row[key] !== undefined).length;
  return [rows.length - made, made, having('refused'), having('passes'), having('breaks'), ...exchanges];
}

function writePitfalls(): string {
  const rows = TOPICS.map((topic) => [topic, rowsOf(topic)] as const);
  return writeTable([
    ['pitfall', 'what goes wrong', 'rows', 'tests besides'],
    ...Object.entries(readPitfalls()).map(([id, { what, tests }]) => [
      id,
      what,
      rows.flatMap(([topic, all]) => describeCount(topic, all, id)).join(', '),
      tests.map((file) => `[${nameOf(file)}](../${file})`).join(', '),
    ]),
  ]);
}

function describeCount(topic: Topic, rows: readonly Row[], id: string): string[] {
  const count = rows.filter(({ pitfalls }) => pitfalls.includes(id)).length;
  return count === 0 ? [] : [`${topic} ${count}`];
}

function nameOf(file: string): string {
  return file.replace(/^.*\//, '').replace('.test.ts', '').replaceAll('-', ' ');
}

function writeTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}
