// docs/faults.md: every row leads to a test that is there under that name, and names metrics and codes that there are.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CATALOGUE } from '../../src/metrics/catalogue.ts';
import { REASONS } from '../../src/model/reasons.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
const page = readFileSync(join(DOCS, 'faults.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| fault |'))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );

t.test('a test for each fault', async (t) => {
  t.ok(rows.length > 30, 'the tables are found');
  for (const cells of rows) {
    const [fault = '', , , tests = ''] = cells;
    t.equal(cells.length, 4, fault);
    const links = [...tests.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)];
    t.ok(links.length > 0, `${fault}: has a test`);
    for (const [, name = '', path = ''] of links) {
      const file = join(DOCS, path);
      t.ok(existsSync(file), path);
      // A whole file goes by its own name.
      const isFile = path.endsWith(`/${name.replaceAll(' ', '-')}.test.ts`);
      t.ok(isFile || readFileSync(file, 'utf8').includes(`t.test('${name}'`), `${fault}: ${name}`);
    }
  }
});

t.test('what it names is there', async (t) => {
  const metrics = Object.keys(CATALOGUE).map((name) => `portcullis_${name}`);
  for (const name of page.match(/portcullis_\w+/g) ?? []) {
    // What every process tells is not ours to list.
    t.ok(metrics.includes(name) || name.startsWith('portcullis_process_'), name);
  }
  const codes = [...page.matchAll(/(?:40\d|50\d|refuses with) `([a-z-]+)`/g)].map(([, code = '']) => code);
  t.ok(codes.length > 5);
  for (const code of codes) t.ok(code in REASONS, code);
});
