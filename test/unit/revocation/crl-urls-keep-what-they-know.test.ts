// Whatever an address sends, or does not: what is known is replaced by newer lists of its authority only.

import t from 'tap';
import { silentLog } from '../../../src/model/log.ts';
import { makeRoot } from '../../kit/pki.ts';
import { until } from '../../kit/until.ts';
import { NOW } from './ask.ts';
import { type Answer, addressOf, factsOf, HOUR_MS, startFollowing, startListServer } from './list-server.ts';

const root = makeRoot();
const authorities = factsOf(root);
const first = root.crl({ number: 5, thisUpdate: NOW - HOUR_MS });
const second = root.crl({ number: 6, thisUpdate: NOW - 60_000, revoked: ['01'] });

t.test('lists are taken in each form', async (t) => {
  for (const body of [first.der, first.pem, `of our authority:\n${first.pem}`]) {
    const server = await startListServer(t, body);
    const { urls, outcomes, news } = startFollowing(t);
    await urls.follow([addressOf(server.url, { refreshMs: HOUR_MS })], authorities);
    t.strictSame(
      urls.lists(server.url).map(({ crlNumber }) => crlNumber),
      [5n],
    );
    t.strictSame(outcomes, [`${server.url} new`]);
    t.equal(news(), 1);
    t.equal(urls.problemOf(server.url), undefined);
    t.match(urls.status(), [
      { address: server.url, configured: true, failures: 0, lastFailure: undefined, lists: [{ crlNumber: 5n }] },
    ]);
  }
  t.same(startFollowing(t).urls.lists('http://never.test/'), []);
});

t.test('a newer list replaces the one known, and no other does', async (t) => {
  const server = await startListServer(t, first.der);
  const { urls, outcomes, news } = startFollowing(t);
  const numbers = () => urls.lists(server.url).map(({ crlNumber }) => Number(crlNumber));
  await urls.follow([addressOf(server.url)], authorities);
  t.strictSame(numbers(), [5]);
  server.answer = second.der;
  await until(() => news() === 2);
  t.strictSame(numbers(), [6]);

  const sibling = makeRoot({ name: 'Another Root' });
  const bad: Readonly<Record<string, readonly [Uint8Array | string | Answer, RegExp]>> = {
    'the older one': [first.der, /^an older list of CN=Test Root came than the one known$/],
    'an error page': ['<html>It works!</html>', /^what came is no revocation list: neither PEM nor DER$/],
    'half a list': [second.der.subarray(0, 100), /^what came is no revocation list: /],
    'half a list in PEM': [second.pem.slice(0, -60), /^what came is no revocation list: /],
    'a list and half a list': [second.pem + first.pem.slice(0, -60), /^what came is no revocation list: /],
    'a certificate': [root.pem, /^what came is no revocation list: holds no CRL$/],
    nothing: ['', /^what came is no revocation list: /],
    'another authority’s list': [sibling.crl({ number: 9 }).der, /^no authority known here has signed what came$/],
    'a forged list': [
      root.crl({ number: 2n ** 150n, signWith: sibling.key }).der,
      /^no authority known here has signed what came$/,
    ],
    'an error': [(_, response) => response.writeHead(503).end(second.der), /^answered with status 503$/],
    'a redirect': [(_, response) => response.writeHead(302, { location: '/else' }).end(), /^answered with status 302$/],
    'more than is allowed': ['x'.repeat(1024 * 1024 + 1), /^the answer is longer than 1048576 bytes$/],
  };
  for (const [name, [answer, why]] of Object.entries(bad)) {
    server.answer = answer;
    await until(() => why.test(urls.problemOf(server.url) ?? ''));
    t.strictSame(numbers(), [6], name);
  }
  t.ok(outcomes.includes(`${server.url} older`));
  t.equal(news(), 2);
  t.match(urls.status(), [{ lastFailure: { why: /longer/ } }]);

  server.answer = root.crl({ number: 7, thisUpdate: NOW - 30_000 }).der;
  await until(() => news() === 3);
  t.strictSame(numbers(), [7], 'and then it goes on');
  t.equal(urls.problemOf(server.url), undefined);
});

t.test('several lists of one address stand beside each other', async (t) => {
  const other = makeRoot({ name: 'Another Root' });
  const server = await startListServer(t, first.pem + other.crl({ number: 70 }).pem);
  const { urls, news, outcomes } = startFollowing(t);
  const numbers = () =>
    urls
      .lists(server.url)
      .map(({ crlNumber }) => Number(crlNumber))
      .sort((a, b) => a - b);
  await urls.follow([addressOf(server.url)], factsOf(root, other));
  t.strictSame(numbers(), [5, 70]);
  server.answer = second.pem;
  await until(() => news() === 2);
  t.strictSame(numbers(), [6, 70], 'what is no longer sent stays');
  server.answer = second.pem + first.pem + other.crl({ number: 71, thisUpdate: NOW }).pem;
  await until(() => news() === 3);
  t.strictSame(numbers(), [6, 71], 'of two of one authority the newer counts');
  t.notOk(outcomes.some((outcome) => /older|failed/.test(outcome)));
});

t.test('a list from the future takes nothing away until its time has come', async (t) => {
  const server = await startListServer(t, first.der);
  const { urls, news } = startFollowing(t);
  await urls.follow([addressOf(server.url)], authorities);
  server.answer = root.crl({ number: 6, thisUpdate: NOW + HOUR_MS }).der;
  await until(() => news() === 2);
  t.strictSame(
    urls.lists(server.url).map(({ crlNumber }) => crlNumber),
    [6n, 5n],
  );
});

t.test('two that contradict each other stay until the one known before has run out', async (t) => {
  const ahead = { ms: 0 };
  const short = root.crl({ number: 50, thisUpdate: NOW - HOUR_MS, nextUpdate: NOW + HOUR_MS });
  const server = await startListServer(t, short.der);
  const { urls, news } = startFollowing(t, { ahead });
  const numbers = () => urls.lists(server.url).map(({ crlNumber }) => crlNumber);
  await urls.follow([addressOf(server.url)], authorities);
  server.answer = second.der;
  await until(() => news() === 2);
  t.strictSame(numbers(), [6n, 50n], 'newer by date, older by number');
  ahead.ms = 2 * HOUR_MS;
  server.answer = root.crl({ number: 7, thisUpdate: NOW }).der;
  await until(() => news() === 3);
  t.strictSame(numbers(), [7n]);
});

t.test('a reload keeps what stays, and drops what is gone', async (t) => {
  const [one, two] = [await startListServer(t, first.der), await startListServer(t, first.der)];
  const { urls } = startFollowing(t);
  const addresses = [one, two].map(({ url }) => addressOf(url, { refreshMs: HOUR_MS }));
  await urls.follow(addresses, authorities);
  await urls.follow(addresses.slice(0, 1), authorities);
  t.equal(urls.lists(one.url).length, 1);
  t.equal(urls.lists(two.url).length, 0);
  t.same([one.requests.length, two.requests.length], [1, 1]);
  t.equal(urls.status().length, 1);
});

t.test('a list counts as soon as its authority is known', async (t) => {
  const server = await startListServer(t, first.der);
  const { urls } = startFollowing(t);
  const address = addressOf(server.url, { refreshMs: HOUR_MS });
  await urls.follow([address], []);
  t.equal(urls.problemOf(server.url), 'no authority known here has signed what came');
  await urls.follow([address], authorities);
  t.equal(urls.lists(server.url).length, 1);

  const other = startFollowing(t).urls;
  await other.fetchNow(address, factsOf(makeRoot({ name: 'Another Root' })));
  t.equal(other.lists(server.url).length, 0);
  await other.fetchNow(address, authorities);
  t.equal(other.lists(server.url).length, 1);
});

t.test('the log tells of the first failure and of the end of them, without queries', async (t) => {
  const lines: { level: string; fields: object }[] = [];
  const write = (level: string) => (fields: object) => lines.push({ level, fields });
  const log = { ...silentLog, info: write('info'), warn: write('warn'), error: write('error') };
  const server = await startListServer(t, 'nothing');
  const { urls, outcomes } = startFollowing(t, { log });
  await urls.follow([addressOf(`${server.url}?key=secret`)], authorities);
  await until(() => outcomes.length > 3);
  server.answer = first.der;
  await until(() => outcomes.some((outcome) => outcome.endsWith(' new')));
  t.match(lines, [
    { level: 'warn', fields: { address: server.url, why: /no revocation list/, failures: 1 } },
    { level: 'info', fields: { address: server.url } },
  ]);
  t.equal(lines.length, 2);
  t.notMatch(JSON.stringify([lines, outcomes, urls.status().map(({ address }) => address)]), /secret/);
});
