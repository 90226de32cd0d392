// A database that came back without its tables (an empty file in its place, a restore that has only begun) was taken for a
// new one, and got tables with nothing in them: every block was forgiven.

import { renameSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { change, serialOf } from '../contract/directory.ts';
import { makeFolder } from '../kit/gateway.ts';
import { startPostgres } from '../kit/postgres.ts';
import { until } from '../kit/until.ts';
import { openCopy } from '../unit/directory/copies.ts';

const BLOCK = { do: 'add-block', match: serialOf('01'), reason: 'lost' } as const;

/** `empty` leaves a database without tables, `restore` brings back the one from before. */
async function tryOn(t: Test, url: string, empty: () => void, restore: () => void): Promise<void> {
  const { store, copy, pass, messages } = await openCopy(t, url);
  await change(store, BLOCK);
  await until(() => copy.sizes.blocks === 1 && copy.state() === 'fresh');
  empty();
  await until(() => messages.includes('the directory of clients cannot be asked'));
  await t.rejects(store.prepare(), /holds no directory of clients any more/);
  t.equal(copy.sizes.blocks, 1);
  pass(1_001);
  t.equal(copy.state(), 'unavailable');
  restore();
  await until(() => copy.state() === 'fresh');
  t.equal(copy.sizes.blocks, 1);
}

t.test('SQLite', async (t) => {
  const file = `${makeFolder(t)}/clients.db`;
  const rename = (from: string, to: string) => {
    for (const suffix of ['', '-wal', '-shm']) renameSync(`${from}${suffix}`, `${to}${suffix}`);
  };
  await tryOn(
    t,
    `sqlite:${file}`,
    () => {
      rename(file, `${file}.away`);
      writeFileSync(file, '');
    },
    () => {
      rename(`${file}.away`, file);
    },
  );
});

t.test('PostgreSQL', async (t) => {
  const server = await startPostgres(t);
  await tryOn(
    t,
    server.url,
    () => server.run('alter schema public rename to away; create schema public'),
    () => server.run('drop schema public; alter schema away rename to public'),
  );
});
