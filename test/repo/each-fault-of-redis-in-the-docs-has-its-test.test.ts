import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

const TESTS = [
  'test/unit/cache/faults-of-redis-change-no-answer.test.ts',
  'test/unit/cache/poisoned-values-in-redis-are-misses.test.ts',
];

t.test('docs/redis.md', async (t) => {
  const [, section = ''] = read('docs/redis.md').split('## When Redis fails');
  const rows = [...section.matchAll(/^\| (?<fault>[^|]+?) \|/gm)].map(({ groups }) => groups?.fault ?? '').slice(1);
  const tests = TESTS.flatMap((file) => [...read(file).matchAll(/^t\.test\('([^']+)'/gm)].map(([, name]) => name));
  t.ok(rows.length > 15, 'the table is found');
  for (const row of rows) t.ok(tests.includes(row), row);
});
