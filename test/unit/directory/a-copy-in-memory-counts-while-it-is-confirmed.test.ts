import { copyFileSync, renameSync } from 'node:fs';
import t from 'tap';
import type { DirectoryCopy } from '../../../src/directory/copy.ts';
import { change, changeElsewhere, person } from '../../contract/directory.ts';
import { makeFolder } from '../../kit/gateway.ts';
import { startPostgres } from '../../kit/postgres.ts';
import { startTcpProxy } from '../../kit/tcp-proxy.ts';
import { until } from '../../kit/until.ts';
import { makeUrl, openCopy } from './copies.ts';

const MINUTE_MS = 60_000;
const isThere = (copy: DirectoryCopy, name: string) => copy.findAccount(name).account !== undefined;

t.test('a change is taken over, and nothing else is read', async (t) => {
  const { store, copy, checks, changes } = await openCopy(t, makeUrl(t));
  t.equal(copy.state(), 'fresh');
  t.equal(copy.generation, 0);
  const before = changes();
  await change(store, person('alice', '01'));
  await until(() => isThere(copy, 'alice'));
  t.equal(copy.generation, 1);
  t.equal(changes(), before + 1);
  t.strictSame(
    checks.filter((outcome) => outcome !== 'unchanged'),
    ['whole', 'changed'],
  );
  t.equal(copy.state(), 'fresh');
});

t.test('a change of another process is taken over', async (t) => {
  const url = makeUrl(t);
  const { copy } = await openCopy(t, url);
  await changeElsewhere(url, { actor: 'elsewhere', changes: [person('alice', '01')] });
  await until(() => isThere(copy, 'alice'));
  t.equal(copy.state(), 'fresh');
});

t.test('more changes than are taken at one stroke come as a whole', async (t) => {
  const { store, copy, checks } = await openCopy(t, makeUrl(t));
  const names = Array.from({ length: 5_001 }, (_, index) => `user-${index}`);
  await change(store, ...names.map((name) => ({ do: 'add-account', account: { name, kind: 'app' } }) as const));
  await until(() => isThere(copy, 'user-5000'));
  t.equal(
    checks.findLast((outcome) => outcome !== 'unchanged'),
    'whole',
  );
  t.strictSame(copy.sizes, { accounts: 5_001, credentials: 0, blocks: 0 });
});

t.test('what is gone from the directory goes from memory', async (t) => {
  const { store, copy, checks } = await openCopy(t, makeUrl(t));
  const roles = Array.from({ length: 64 }, (_, index) => `role-${index}-${'x'.repeat(200)}`);
  const names = Array.from({ length: 100 }, (_, index) => `user-${index}`);
  await change(store, ...names.map((name) => ({ do: 'add-account', account: { name, kind: 'app', roles } }) as const));
  await until(() => isThere(copy, 'user-99'));
  const outcomes = () => checks.filter((outcome) => outcome !== 'unchanged').slice(1);
  for (const notes of ['first', 'second', 'third', 'fourth']) {
    await change(store, ...names.map((name) => ({ do: 'edit-account', name, set: { displayName: notes } }) as const));
    await until(() => copy.findAccount('user-99').account?.displayName === notes);
  }
  t.strictSame(outcomes(), ['changed', 'changed', 'changed', 'whole', 'changed']);
  t.strictSame(copy.sizes, { accounts: 100, credentials: 0, blocks: 0 });
});

t.test('while the database is away, the last answer counts as long as it may, and then no more', async (t) => {
  const folder = makeFolder(t);
  const { store, copy, pass, messages } = await openCopy(t, `sqlite:${folder}/clients.db`, MINUTE_MS);
  await change(store, person('alice', '01'));
  await until(() => isThere(copy, 'alice'));
  await until(() => copy.state() === 'fresh');
  renameSync(`${folder}/clients.db`, `${folder}/away.db`);
  await until(() => messages.includes('the directory of clients cannot be asked'));
  pass(1_001);
  t.equal(copy.state(), 'stale');
  t.ok(isThere(copy, 'alice'));
  pass(MINUTE_MS);
  t.equal(copy.state(), 'unavailable');
  renameSync(`${folder}/away.db`, `${folder}/clients.db`);
  await until(() => copy.state() === 'fresh');
  t.ok(isThere(copy, 'alice'));
  t.equal(messages.filter((message) => message.includes('cannot be asked')).length, 1, 'said once');
});

t.test('without staleness nothing counts a second after the last confirmation', async (t) => {
  const folder = makeFolder(t);
  const { copy, pass, messages } = await openCopy(t, `sqlite:${folder}/clients.db`);
  t.equal(copy.state(), 'fresh');
  renameSync(`${folder}/clients.db`, `${folder}/away.db`);
  await until(() => messages.includes('the directory of clients cannot be asked'));
  pass(1_001);
  t.equal(copy.state(), 'unavailable');
});

t.test('a file that is gone is not made anew: an empty directory would forgive every block', async (t) => {
  const folder = makeFolder(t);
  const { store, messages } = await openCopy(t, `sqlite:${folder}/clients.db`);
  for (const suffix of ['', '-wal', '-shm']) {
    renameSync(`${folder}/clients.db${suffix}`, `${folder}/away.db${suffix}`);
  }
  await until(() => messages.includes('the directory of clients cannot be asked'));
  await t.rejects(store.prepare(), /there is no database of clients/);
  await t.rejects(change(store, person('alice', '01')));
});

t.test('a database that was restored is read as a whole, though its generation may be known', async (t) => {
  const folder = makeFolder(t);
  const file = `${folder}/clients.db`;
  const first = await openCopy(t, `sqlite:${folder}/other/clients.db`);
  await change(first.store, person('bob', '02'));
  const { store, copy } = await openCopy(t, `sqlite:${file}`);
  await change(store, person('alice', '01'));
  await until(() => isThere(copy, 'alice'));
  // Another database under the same name, at the same generation.
  await until(() => first.copy.generation === 1);
  first.copy.close();
  await first.store.close();
  copyFileSync(`${folder}/other/clients.db`, `${folder}/restored.db`);
  for (const suffix of ['-wal', '-shm', '']) renameSync(`${file}${suffix}`, `${folder}/old.db${suffix}`);
  renameSync(`${folder}/restored.db`, file);
  await until(() => isThere(copy, 'bob'));
  t.notOk(isThere(copy, 'alice'));
  t.equal(copy.generation, 1);
});

t.test('a PostgreSQL that falls silent, is killed and comes back', async (t) => {
  const server = await startPostgres(t);
  const cable = await startTcpProxy(t, server.port);
  const { store, copy, pass, checks } = await openCopy(t, server.url.replace(`:${server.port}/`, `:${cable.port}/`));
  await change(store, person('alice', '01'));
  await until(() => isThere(copy, 'alice'));
  const failures = () => checks.filter((outcome) => outcome === 'failed').length;

  cable.mode = 'hang';
  await until(() => failures() > 0);
  pass(1_001);
  t.equal(copy.state(), 'unavailable');
  cable.mode = 'pass';
  await until(() => copy.state() === 'fresh');
  t.ok(isThere(copy, 'alice'));

  const before = failures();
  await server.stop();
  await until(() => failures() > before);
  pass(1_001);
  t.equal(copy.state(), 'unavailable');
  await server.start();
  await until(() => copy.state() === 'fresh');
  await change(store, person('bob', '02'));
  await until(() => isThere(copy, 'bob'));
});

t.test('a gateway may start before its PostgreSQL', async (t) => {
  const server = await startPostgres(t);
  await server.stop();
  const { copy } = await openCopy(t, server.url);
  t.equal(copy.state(), 'unavailable');
  t.equal(copy.generation, undefined);
  await server.start();
  await until(() => copy.state() === 'fresh');
});
