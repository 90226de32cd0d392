import { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { migrate, STEPS } from '../../../src/directory/migrations.ts';
import { openDirectory } from '../../../src/directory/open.ts';
import { inTransaction, openForReading, readVersion, toMigration } from '../../../src/directory/sqlite-file.ts';
import { makeFolder } from '../../kit/gateway.ts';

t.test('while a writer waits for a lock, this thread goes on and reads', async (t) => {
  const file = `${makeFolder(t)}/clients.db`;
  const store = openDirectory(`sqlite:${file}`, { clock: Date.now });
  await store.prepare();
  const other = new DatabaseSync(file);
  t.teardown(async () => {
    await store.close();
    other.close();
  });
  other.exec('begin immediate');
  let isDone = false;
  const change = store.change({
    actor: 'tester',
    changes: [{ do: 'add-account', account: { name: 'a', kind: 'app' } }],
  });
  void change.then(() => {
    isDone = true;
  });
  for (let turns = 0; turns < 100; turns++) {
    t.equal(await store.generation(), 0);
    await turn();
  }
  t.notOk(isDone);
  other.exec('commit');
  t.match(await change, { done: true, generation: 1 });
});

t.test('a migration that fails leaves nothing behind', async (t) => {
  const file = `${makeFolder(t)}/clients.db`;
  const store = openDirectory(`sqlite:${file}`, { clock: Date.now });
  await store.prepare();
  await store.close();
  const database = new DatabaseSync(file);
  t.teardown(() => database.close());
  const before = readVersion(database);
  const next = STEPS.length + 1;
  const sound = { version: next, oldestUser: next, sql: ['create table portcullis_new (a text)'] };
  const broken = { version: next + 1, oldestUser: next + 1, sql: ['create table portcullis_other (a text)', 'no sql'] };
  const run = (steps: typeof STEPS) => inTransaction(database, () => migrate(toMigration(database), 0, steps));
  await t.rejects(run([...STEPS, sound, broken]));
  t.strictSame(readVersion(database), before);
  t.throws(() => database.prepare('select * from portcullis_new'), 'not even the steps before it');
  await run([...STEPS, sound]);
  t.match(readVersion(database), { version: next, oldestUser: next });
});

t.test('the connection that reads cannot write, and makes no file', async (t) => {
  const file = `${makeFolder(t)}/clients.db`;
  t.throws(() => openForReading(file), /unable to open/);
  const store = openDirectory(`sqlite:${file}`, { clock: Date.now });
  await store.prepare();
  t.teardown(() => store.close());
  const database = openForReading(file);
  t.teardown(() => database.close());
  t.throws(() => database.exec('update portcullis_state set generation = 7'), /readonly/);
  t.equal(await store.generation(), 0);
});

t.test('where it may not be made, it is not', async (t) => {
  const store = openDirectory(`sqlite:${makeFolder(t)}/clients.db`, { clock: Date.now, create: false });
  await t.rejects(store.prepare(), /there is no database of clients/);
});
