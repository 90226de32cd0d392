// What every place must do that what was seen in the traffic is kept in.

import type { Test } from 'tap';
import { pagesOf, type TrafficStore } from '../../src/directory/traffic-store.ts';
import type { ReportEntry, SeenCertificate } from '../../src/model/traffic.ts';

const DAY_MS = 86_400_000;
/** The clock of the stores. */
export const TRAFFIC_NOW = Date.UTC(2026, 5, 1);
const NOW = TRAFFIC_NOW;

const digest = (text: string) => text.padStart(64, '0');

/** Ends in 20 days, of alice, seen now. */
export function seenCertificate(id: string, changes: Partial<SeenCertificate> = {}): SeenCertificate {
  return {
    id: digest(id),
    fingerprint: digest(`f${id}`),
    issuerSpki: digest('a'),
    serial: '0A',
    issuer: 'CN=CA',
    subject: 'CN=alice',
    account: 'alice',
    site: 'localhost',
    notBefore: NOW - DAY_MS,
    notAfter: NOW + 20 * DAY_MS,
    firstSeenAt: NOW,
    lastSeenAt: NOW,
    ...changes,
  };
}

export async function testTraffic(t: Test, open: (t: Test) => TrafficStore | Promise<TrafficStore>): Promise<void> {
  await t.test('a certificate that was seen is read back', async (t) => {
    const store = await open(t);
    t.strictSame(await store.readCertificates({ limit: 10 }), []);
    const alice = seenCertificate('1');
    const nobody = seenCertificate('2', { account: undefined, subject: 'CN=o\'Hara \\"' });
    await store.recordCertificates([alice, nobody]);
    t.strictSame(await store.readCertificates({ limit: 10 }), [alice, nobody]);
    t.strictSame(await store.readCertificates({ account: 'alice', limit: 10 }), [alice]);
    t.strictSame(await store.readCertificates({ fingerprint: nobody.fingerprint, limit: 10 }), [nobody]);
    t.strictSame(await store.readCertificates({ fingerprint: digest('9'), limit: 10 }), []);
  });

  await t.test('a certificate has one row, whoever saw it when', async (t) => {
    const store = await open(t);
    const first = seenCertificate('1', { firstSeenAt: NOW - 5, lastSeenAt: NOW - 5, account: undefined });
    const later = seenCertificate('1', { firstSeenAt: NOW - 2, lastSeenAt: NOW - 2, fingerprint: digest('b') });
    const between = seenCertificate('1', { firstSeenAt: NOW - 4, lastSeenAt: NOW - 4, account: 'bob', site: 'b' });
    for (const each of [first, later, between]) await store.recordCertificates([each]);
    const joined = { ...later, firstSeenAt: NOW - 5 };
    t.strictSame(await store.readCertificates({ limit: 10 }), [joined]);
    const unknown = seenCertificate('1', { account: undefined, firstSeenAt: NOW, lastSeenAt: NOW });
    await store.recordCertificates([unknown]);
    t.match(await store.readCertificates({ limit: 10 }), [{ account: 'alice', lastSeenAt: NOW }], 'an account stays');
  });

  await t.test('those that end first come first, page by page', async (t) => {
    const store = await open(t);
    const ends = Array.from({ length: 1_203 }, (_, index) => (index * 7) % 11);
    const all = ends.map((days, index) => seenCertificate(String(index), { notAfter: NOW + days * DAY_MS }));
    await store.recordCertificates(all);
    const read: SeenCertificate[] = [];
    const bounds = { endsFrom: NOW + 2 * DAY_MS, endsUntil: NOW + 5 * DAY_MS };
    for await (const page of pagesOf<SeenCertificate>((page) => store.readCertificates({ ...bounds, ...page }))) {
      read.push(...page);
    }
    const wanted = all.filter((_, index) => (ends[index] ?? 0) >= 2 && (ends[index] ?? 0) <= 5);
    const order = (a: SeenCertificate, b: SeenCertificate) => a.notAfter - b.notAfter || (a.id < b.id ? -1 : 1);
    t.strictSame(read, wanted.toSorted(order));
    t.equal((await store.readCertificates({ limit: 3 })).length, 3);
  });

  await t.test('what report-only rules would have done is added up', async (t) => {
    const store = await open(t);
    t.strictSame(await store.readReports({ limit: 10 }), []);
    const bob = { fingerprint: digest('b'), subject: 'CN=bob', issuer: 'CN=CA', serial: '0A', account: undefined };
    const refused = reportEntry('1', { code: 'account-unknown', client: bob });
    const passed = reportEntry('2', { count: 7, firstAt: NOW - 9, lastAt: NOW - 3 });
    await store.recordReports([refused, passed]);
    t.strictSame(await store.readReports({ limit: 10 }), [refused, passed]);
    const known = { ...refused, client: { ...bob, account: 'bob' }, count: 2, firstAt: NOW - 5, lastAt: NOW + 5 };
    await store.recordReports([known]);
    await store.recordReports([{ ...refused, firstAt: NOW - 7, lastAt: NOW - 7 }]);
    t.strictSame(await store.readReports({ limit: 10 }), [{ ...known, count: 4, firstAt: NOW - 7 }, passed]);
    t.strictSame(await store.readReports({ limit: 1, after: refused }), [passed]);
  });
}

/** One request of `localhost/orders` that would have passed. */
export function reportEntry(id: string, changes: Partial<ReportEntry> = {}): ReportEntry {
  return {
    id: digest(id),
    rule: 'localhost/orders',
    code: '',
    client: undefined,
    address: '192.0.2.1',
    count: 1,
    firstAt: NOW,
    lastAt: NOW,
    ...changes,
  };
}
