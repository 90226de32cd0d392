import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t, { type Test } from 'tap';
import { type Place, testDirectory } from '../../contract/directory.ts';
import { makeFolder } from '../../kit/gateway.ts';

/** The file goes away under another name, with what belongs to it. */
function createPlace(t: Test): Place {
  const folder = makeFolder(t);
  const file = join(folder, 'clients.db');
  const rename = (from: string, to: string) => {
    for (const suffix of ['', '-wal', '-shm'])
      renameSync(join(folder, `${from}${suffix}`), join(folder, `${to}${suffix}`));
  };
  return {
    url: `sqlite:${file}`,
    run(sql) {
      const database = new DatabaseSync(file, { timeout: 5_000 });
      database.exec(sql);
      database.close();
    },
    takeAway: async () => rename('clients.db', 'away.db'),
    bringBack: async () => rename('away.db', 'clients.db'),
  };
}

t.test('SQLite is a database of clients', (t) => testDirectory(t, createPlace));
