// docs/attack-tables.md says how many rows there are and which of them hold which pitfall, and the tables lack none.

import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { FORMATS } from '../../src/headers/formats.ts';
import { readPitfalls, refreshDocument } from '../kit/attack-document.ts';
import { TOPICS } from '../kit/attack-rows.ts';
import { readIdentityNames, rowsOf } from '../kit/attack-topics.ts';

const fromRoot = (file: string) => new URL(`../../${file}`, import.meta.url);

t.test('the numbers are true', async (t) => {
  const document = readFileSync(fromRoot('docs/attack-tables.md'), 'utf8');
  t.equal(document, refreshDocument(document), 'npm run generated writes them');
  t.equal(document.match(/<!-- counted: /g)?.length, 2);
});

t.test('names are sentences of their own', async (t) => {
  for (const topic of TOPICS) {
    const names = rowsOf(topic).map(({ name }) => name);
    t.strictSame(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
      topic,
    );
  }
});

t.test('every pitfall has rows or a test, and every row a pitfall', async (t) => {
  const pitfalls = readPitfalls();
  const rows = TOPICS.flatMap(rowsOf);
  for (const { name, pitfalls: ids } of rows) {
    t.ok(ids.length > 0 && ids.every((id) => Object.hasOwn(pitfalls, id)), `${name}: ${ids}`);
  }
  for (const [id, { tests }] of Object.entries(pitfalls)) {
    for (const file of tests) t.ok(existsSync(fromRoot(file)), file);
    const held = tests.length > 0 || rows.some(({ pitfalls: ids }) => ids.includes(id));
    // What runs around the gateway is out of its reach.
    t.ok(held || id === 'G7', id);
  }
});

t.test('the list of names lacks none of a format', async (t) => {
  const { identity } = readIdentityNames();
  const written = Object.values(FORMATS).flatMap(({ headers }) => headers.map(({ name }) => name));
  t.strictSame(
    written.filter((name) => !identity.includes(name)),
    [],
  );
});
