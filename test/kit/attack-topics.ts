// All rows of a topic: those of its table, and those made from test/attacks/identity-names.json, every name that some
// service takes for an identity header in every spelling that it may fold, as many in a row as one head may hold.

import { readFileSync } from 'node:fs';
import { makeRow, type Row, readTable, type Topic } from './attack-rows.ts';

interface IdentityNames {
  /** Of every format that is known, those of other front ends too. */
  readonly identity: readonly string[];
  /** Of the operator of the gateway that the tables are for. */
  readonly custom: readonly string[];
  /** By which a proxy says where a request came from. */
  readonly forwarding: readonly string[];
  /** Every byte that a token may hold besides letters and digits (RFC 9110 5.6.2). */
  readonly separators: string;
}

/** `limits.headers` is 100; Host, the fields of a handshake and one that is kept are there as well. */
const FIELDS_IN_A_ROW = 90;

export function readIdentityNames(): IdentityNames {
  return JSON.parse(readFileSync(new URL('../attacks/identity-names.json', import.meta.url), 'utf8'));
}

export function rowsOf(topic: Topic): Row[] {
  return [...readTable(topic), ...generatedRows(topic)];
}

export function generatedRows(topic: Topic): Row[] {
  if (topic === 'header-names') return spelledHeaders();
  return topic === 'trailers' ? spelledTrailers() : [];
}

function spelledHeaders(): Row[] {
  return batches().map((fields, index) =>
    makeRow({
      name: `spellings, part ${index + 1}`,
      pitfalls: ['G2', 'G4', 'K1'],
      kind: 'message',
      fields: [...fields, ['X-Plain', 'kept']],
      passes: { fields: { 'x-plain': ['kept'] } },
    }),
  );
}

function spelledTrailers(): Row[] {
  return batches().map((fields, index) =>
    makeRow({
      name: `spellings, part ${index + 1}`,
      pitfalls: ['G2', 'G3', 'G4'],
      kind: 'message',
      method: 'POST',
      body: 'x',
      trailers: [...fields, ['X-Sum', 'kept']],
      passes: { method: 'POST', body: 'x', trailers: ['X-Sum', 'kept'] },
    }),
  );
}

function batches(): [string, string][][] {
  const { identity, custom, forwarding, separators } = readIdentityNames();
  const all = [...new Set([...identity, ...custom, ...forwarding].flatMap((name) => spellingsOf(name, separators)))];
  const count = Math.ceil(all.length / FIELDS_IN_A_ROW);
  return Array.from({ length: count }, (_, index) =>
    all.slice(index * FIELDS_IN_A_ROW, (index + 1) * FIELDS_IN_A_ROW).map((name) => [name, 'spoofed']),
  );
}

function spellingsOf(name: string, separators: string): string[] {
  const inCases = (text: string) => [text, text.toLowerCase(), text.toUpperCase(), alternateCase(text)];
  const [first = ''] = separators;
  let turn = 0;
  const mixed = name.replaceAll('-', () => separators[turn++ % separators.length] ?? first);
  return [
    ...inCases(mixed),
    ...[...separators].flatMap((separator) => [
      ...inCases(name.replaceAll('-', () => separator)),
      name.replace('-', () => separator),
      name.replace(/-(?=[^-]*$)/, () => separator),
    ]),
  ];
}

function alternateCase(text: string): string {
  return [...text].map((c, index) => (index % 2 === 0 ? c.toLowerCase() : c.toUpperCase())).join('');
}
