// Two processes that start beside each other make the file of clients at once; one of them did not start: "database is locked".

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { openDirectory } from '../../src/directory/open.ts';

t.test('a file that somebody makes just now', async (t) => {
  const file = join(t.testdir(), 'clients.db');
  const other = new DatabaseSync(file);
  other.exec('begin exclusive');
  const store = openDirectory(`sqlite:${file}`, { clock: Date.now });
  t.teardown(() => store.close());
  const prepared = store.prepare();
  await turn();
  other.exec('commit');
  other.close();
  await prepared;
  t.equal(await store.generation(), 0);
});
