import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t, { type Test } from 'tap';
import { openDirectory } from '../../../src/directory/open.ts';
import { MOST_REPORTS } from '../../../src/directory/report-rows.ts';
import { applySeen } from '../../../src/directory/seen.ts';
import { inTransaction, openForWriting, toTransaction } from '../../../src/directory/sqlite-file.ts';
import { pagesOf } from '../../../src/directory/traffic-store.ts';
import type { ReportEntry, SeenCertificate } from '../../../src/model/traffic.ts';
import { type Place, testDirectory } from '../../contract/directory.ts';
import { reportEntry, seenCertificate, TRAFFIC_NOW, testTraffic } from '../../contract/traffic.ts';
import { makeFolder } from '../../kit/gateway.ts';

const DAY_MS = 86_400_000;

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
  const database = openForWriting(place.url.slice('sqlite:'.length), false);
  t.teardown(() => database.close());
  const record = (...seen: SeenCertificate[]) =>
    inTransaction(database, () => applySeen(toTransaction(database), seen, TRAFFIC_NOW, 3));
  const ids = async () => (await store.readCertificates({ limit: 10 })).map(({ serial }) => serial);
  const seenAt = (serial: string, lastSeenAt: number, notAfter = TRAFFIC_NOW) =>
    seenCertificate(serial, { serial, lastSeenAt, notAfter });
  await record(seenAt('02', 2), seenAt('01', 1), seenAt('03', 3), seenAt('09', 9, TRAFFIC_NOW - 31 * DAY_MS));
  t.strictSame(await ids(), ['01', '02', '03']);
  await record(seenAt('01', 5), seenAt('04', 4));
  t.strictSame(await ids(), ['01', '03', '04']);
});

t.test('strangers crowd nobody out of what report-only rules would have done', async (t) => {
  const place = createPlace(t);
  const store = await openStore(t, place);
  const at = { firstAt: TRAFFIC_NOW - DAY_MS, lastAt: TRAFFIC_NOW - DAY_MS };
  const client = { fingerprint: 'f', subject: 'CN=x', issuer: 'CN=CA', serial: '01', account: undefined };
  const bob = reportEntry('1', { code: 'account-unknown', client, ...at });
  const strangers = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) =>
      reportEntry(`2${from + index}`, { code: 'certificate-untrusted', client, lastAt: TRAFFIC_NOW + index }),
    );
  const countOf = async () => {
    const read: ReportEntry[] = [];
    for await (const page of pagesOf<ReportEntry>((page) => store.readReports(page))) read.push(...page);
    return { all: read.length, bob: read.some(({ id }) => id === bob.id) };
  };
  await store.recordReports([bob, ...strangers(10_000, 10_000 + MOST_REPORTS - 1)]);
  t.strictSame(await countOf(), { all: MOST_REPORTS, bob: true });
  await store.recordReports(strangers(30_000, 35_000));
  t.strictSame(await countOf(), { all: MOST_REPORTS, bob: true });
  await store.recordReports([{ ...bob, id: 'long ago', lastAt: TRAFFIC_NOW - 91 * DAY_MS }]);
  t.strictSame(await countOf(), { all: MOST_REPORTS, bob: true }, 'nor is what was long ago kept');
});
