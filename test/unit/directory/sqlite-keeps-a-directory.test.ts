import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t, { type Test } from 'tap';
import { openDirectory } from '../../../src/directory/open.ts';
import { MOST_SEEN } from '../../../src/directory/seen.ts';
import { pagesOf } from '../../../src/directory/traffic-store.ts';
import { type Place, testDirectory } from '../../contract/directory.ts';
import { TRAFFIC_NOW, testTraffic } from '../../contract/traffic.ts';
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

async function openStore(t: Test, { url }: Place) {
  const store = openDirectory(url, { clock: () => TRAFFIC_NOW });
  t.teardown(() => store.close());
  await store.prepare();
  return store;
}

t.test('SQLite keeps what was seen in the traffic', (t) => testTraffic(t, (t) => openStore(t, createPlace(t))));

t.test('of too many certificates those seen longest ago go, and those that ended long ago', async (t) => {
  const place = createPlace(t);
  const store = await openStore(t, place);
  const insert = (from: number, to: number, ends: number) =>
    place.run(`with recursive n (i) as (select ${from} union all select i + 1 from n where i < ${to - 1})
      insert into portcullis_seen select 'id' || i, 'f' || i, 'a', '01', 'CN=CA', 'CN=x', null, 's', 0, ${ends}, i, i from n`);
  const later = TRAFFIC_NOW + 1_000;
  insert(0, MOST_SEEN, later);
  insert(MOST_SEEN, MOST_SEEN + 5, TRAFFIC_NOW - 31 * 86_400_000);
  const one = {
    fingerprint: 'new',
    issuerSpki: 'a',
    serial: '01',
    issuer: '',
    subject: '',
    account: undefined,
    site: '',
  };
  const times = { notBefore: 0, notAfter: later, firstSeenAt: TRAFFIC_NOW, lastSeenAt: TRAFFIC_NOW };
  await store.recordCertificates([{ id: 'new', ...one, ...times }]);
  let rows = 0;
  for await (const page of pagesOf(store, {})) rows += page.length;
  t.equal(rows, MOST_SEEN);
  const found = async (fingerprint: string) => (await store.readCertificates({ fingerprint, limit: 1 })).length;
  t.strictSame(await Promise.all(['new', 'f1', 'f0', `f${MOST_SEEN}`].map(found)), [1, 1, 0, 0]);
});
