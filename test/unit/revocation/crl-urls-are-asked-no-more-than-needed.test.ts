// Ahead of their end, once for all who wait, not again and again where nobody answers, and no address for ever.

import t from 'tap';
import { nextRefreshAt, nextRetryAt } from '../../../src/revocation/fetch-schedule.ts';
import { makeRoot } from '../../kit/pki.ts';
import { until } from '../../kit/until.ts';
import { NOW } from './ask.ts';
import { addressOf, factsOf, HOUR_MS, type ListServer, startFollowing, startListServer } from './list-server.ts';

const root = makeRoot();
const issuers = factsOf(root);
const list = root.crl({ number: 1 });

t.test('the next fetch', async (t) => {
  const at = (leftMs: number, refreshMs: number, random = 0.5) =>
    nextRefreshAt(NOW + leftMs, { now: NOW, refreshMs, random: () => random }) - NOW;
  t.equal(at(24 * HOUR_MS, HOUR_MS), HOUR_MS, 'as configured');
  t.equal(at(HOUR_MS, HOUR_MS), HOUR_MS / 2, 'half of what is left');
  t.equal(at(Infinity, HOUR_MS), HOUR_MS, 'a list without an end');
  t.equal(at(1000, HOUR_MS), 60_000, 'not more often than once a minute');
  t.equal(at(-HOUR_MS, HOUR_MS), 60_000, 'behind its end too');
  t.equal(at(HOUR_MS, 10_000), 10_000, 'unless that is configured');
  t.equal(at(24 * HOUR_MS, HOUR_MS, 0), 0.9 * HOUR_MS, 'jitter');
  t.equal(at(24 * HOUR_MS, HOUR_MS, 1), HOUR_MS + HOUR_MS / 10);
});

t.test('the next try behind failures', async (t) => {
  const at = (failures: number, refreshMs = HOUR_MS, random = 0.5) =>
    nextRetryAt(failures, { now: NOW, refreshMs, random: () => random }) - NOW;
  t.strictSame(
    [1, 2, 3, 4].map((failures) => at(failures)),
    [5000, 10_000, 20_000, 40_000],
  );
  t.equal(at(7), 300_000);
  t.equal(at(100_000), 300_000);
  t.equal(at(3, 1000), 1000, 'not later than a refresh');
  t.equal(at(1, HOUR_MS, 0), 4500);
});

t.test('one flight for all who ask at once, and none while the list is fresh', async (t) => {
  const server = await startListServer(t, (_, response) => setTimeout(() => response.end(list.der), 20));
  const { urls } = startFollowing(t);
  const address = addressOf(server.url, { refreshMs: HOUR_MS });
  await Promise.all(Array.from({ length: 200 }, () => urls.fetchNow(address, issuers)));
  t.equal(urls.lists(server.url).length, 1);
  t.equal(urls.fetchNow(address, issuers), undefined, 'at once');
  t.equal(server.requests.length, 1);
  t.match(urls.status(), [{ configured: false, failures: 0 }]);
});

t.test('a server that does not answer costs one wait', async (t) => {
  const server = await startListServer(t, () => {});
  const { urls } = startFollowing(t);
  const address = addressOf(server.url, { timeLimitMs: 50, refreshMs: HOUR_MS });
  await Promise.all(Array.from({ length: 200 }, () => urls.fetchNow(address, issuers)));
  await until(() => urls.fetchNow(address, issuers) === undefined);
  // On a busy machine the wait is over before the request has come.
  await until(() => server.requests.length > 0);
  t.equal(server.requests.length, 1);
  t.same(urls.lists(server.url), []);
});

t.test('behind a failure nobody waits, and the next try is made without a request', async (t) => {
  const server = await startListServer(t, 'nothing');
  const { urls, outcomes } = startFollowing(t);
  const address = addressOf(server.url, { refreshMs: HOUR_MS });
  await urls.fetchNow(address, issuers);
  t.match(urls.problemOf(server.url), /no revocation list/);
  for (let times = 0; times < 100; times++) t.equal(urls.fetchNow(address, issuers), undefined);
  t.equal(server.requests.length, 1);

  const busy = addressOf(`${server.url}?busy`);
  await urls.fetchNow(busy, issuers);
  server.answer = (_, response) => setTimeout(() => response.end(list.der), 20);
  await until(() => server.requests.length > 2);
  t.equal(urls.fetchNow(busy, issuers), undefined, 'while it is tried again');
  await until(() => urls.lists(busy.url).length === 1);
  t.ok(outcomes.includes('distribution-point new'));
});

t.test('a start waits no longer than its limit for a server that is silent', async (t) => {
  const [silent, good] = [await startListServer(t, () => {}), await startListServer(t, list.der)];
  const { urls } = startFollowing(t);
  const addresses = [silent, good].map(({ url }) => addressOf(url, { timeLimitMs: 500, refreshMs: HOUR_MS }));
  await urls.follow(addresses, issuers);
  t.equal(urls.lists(good.url).length, 1);
  t.equal(urls.lists(silent.url).length, 0);
});

t.test('servers are asked whether anything is new', async (t) => {
  const server = await startListServer(t, (request, response) => {
    const same = request.headers['if-none-match'] === '"1"' && request.headers['if-modified-since'] === 'then';
    response.writeHead(same ? 304 : 200, { etag: '"1"', 'last-modified': 'then' });
    response.end(same ? undefined : list.der);
  });
  const ahead = { ms: 0 };
  const { urls, outcomes, news } = startFollowing(t, { ahead });
  await urls.follow([addressOf(server.url)], issuers);
  t.equal(server.requests[0]?.headers['if-none-match'], undefined);
  await until(() => outcomes.length > 2);
  t.strictSame(outcomes.slice(0, 2), [`${server.url} new`, `${server.url} unchanged`]);
  t.equal(news(), 1);
  t.equal(urls.lists(server.url).length, 1);

  const count = server.requests.length;
  ahead.ms = 48 * HOUR_MS;
  await until(() => server.requests.slice(count).some(({ headers }) => headers['cache-control'] === 'no-cache'));
  t.equal(server.requests.at(-1)?.headers['if-none-match'], undefined, 'a list that has run out is wanted whole');
});

t.test('what HTTP says about caching does not keep a list longer', async (t) => {
  const server = await startListServer(t, (_, response) => {
    response.writeHead(200, { 'cache-control': 'max-age=31536000', expires: 'Fri, 31 Dec 2100 00:00:00 GMT' });
    response.end(list.der);
  });
  const { urls } = startFollowing(t);
  await urls.follow([addressOf(server.url)], issuers);
  await until(() => server.requests.length > 2);
  t.pass();
});

t.test('addresses of certificates are forgotten: the least used of many, and those not used for a day', async (t) => {
  const server = await startListServer(t, list.der);
  const ahead = { ms: 0 };
  const { urls } = startFollowing(t, { ahead });
  const nth = (n: number) => addressOf(`${server.url}?${n}`, { refreshMs: HOUR_MS });
  for (let n = 0; n < 64; n++) await urls.fetchNow(nth(n), issuers);
  urls.fetchNow(nth(0), issuers);
  await urls.fetchNow(nth(64), issuers);
  t.equal(urls.status().length, 64);
  t.equal(urls.lists(nth(0).url).length, 1, 'it was used');
  t.equal(urls.lists(nth(1).url).length, 0);

  const used = addressOf(`${server.url}?used`);
  const unused = addressOf(`${server.url}?unused`);
  await urls.fetchNow(unused, issuers);
  await urls.fetchNow(used, issuers);
  ahead.ms = 25 * HOUR_MS;
  void urls.fetchNow(used, issuers);
  await until(() => urls.lists(unused.url).length === 0);
  t.equal(urls.lists(used.url).length, 1);
});

t.test('nothing is asked any more when it is closed', async (t) => {
  const [closed, open] = [await startListServer(t, list.der), await startListServer(t, list.der)];
  const { urls } = startFollowing(t);
  await urls.follow([addressOf(closed.url)], issuers);
  await startFollowing(t).urls.follow([addressOf(open.url)], issuers);
  await until(() => closed.requests.length > 2);
  urls.close();
  const [asked, others] = [closed.requests.length, open.requests.length];
  await until(() => open.requests.length > others + 5);
  t.ok(closed.requests.length <= asked + 1, 'but what was on its way');
  t.same(urls.status(), []);
});

t.test('addresses of certificates hold so many octets together; the least recently used is let go', async (t) => {
  const { urls } = startFollowing(t, { maxAskedBytes: list.der.length * 2 });
  const servers: ListServer[] = [];
  for (let count = 0; count < 3; count++) servers.push(await startListServer(t, list.der));
  const held = () => servers.map(({ url }) => urls.lists(url).length);
  for (const { url } of servers.slice(0, 2)) await urls.fetchNow(addressOf(url, { refreshMs: HOUR_MS }), issuers);
  t.same(held(), [1, 1, 0]);
  urls.noteUse(servers[0]?.url ?? '', issuers);
  await urls.fetchNow(addressOf(servers[2]?.url ?? '', { refreshMs: HOUR_MS }), issuers);
  t.same(held(), [1, 0, 1]);
  await urls.follow([addressOf(servers[1]?.url ?? '', { refreshMs: HOUR_MS })], issuers);
  t.same(held(), [1, 1, 1], 'those of the configuration are not among them');
});
