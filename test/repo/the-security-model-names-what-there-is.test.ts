// docs/security-model.md names files and tests; a renamed one must not leave a promise that nobody can check.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';

const ROOT = join(import.meta.dirname, '..', '..');
const TESTS = new Set(globSync('test/**/*.test.ts', { cwd: ROOT }).map((file) => basename(file, '.test.ts')));
const SOURCES = new Set(globSync('src/**/*.ts', { cwd: ROOT }).map((file) => basename(file)));

/** What of the words between backticks is a name that leads nowhere. */
function findMissing(document: string): string[] {
  const names = [...document.matchAll(/`([^`\s]+)`/g)].map((match) => match[1] ?? '');
  return names.filter((name) => {
    if (/^(src|test)\//.test(name)) {
      const file = join(ROOT, name.replace(/\*$/, ''));
      return !existsSync(file) && !existsSync(`${file}.test.ts`);
    }
    if (name.endsWith('.ts')) return !SOURCES.has(name);
    return /^[a-z]+(-[a-z0-9]+){2,}$/.test(name) && !TESTS.has(name);
  });
}

t.test('every name leads somewhere', async (t) => {
  const document = readFileSync(join(ROOT, 'docs', 'security-model.md'), 'utf8');
  t.strictSame(findMissing(document), []);
  t.equal(document.match(/^\* Held by: /gm)?.length, document.match(/^## \d+\. /gm)?.length, 'every rule is held');
});

t.test('the scan finds what it is for', async (t) => {
  const gone = ['src/gate/none.ts', 'test/system/no-such-test', 'no-such-test-anywhere', 'none.ts'];
  t.strictSame(findMissing(gone.map((name) => `\`${name}\``).join(', ')), gone);
});
