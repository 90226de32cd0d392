// A list from a distribution point was refreshed for a day only, however much it was in use, and then believed to its end.

import t, { type Test } from 'tap';
import { silentLog } from '../../src/model/log.ts';
import { createRevocationCheck } from '../../src/revocation/check.ts';
import { createCrlUrls } from '../../src/revocation/crl-urls.ts';
import { revocationOptions } from '../../src/revocation/options.ts';
import { createTrustLists } from '../../src/revocation/trust-lists.ts';
import { readCrls } from '../../src/x509/files.ts';
import { makeRoot } from '../kit/pki.ts';
import { until } from '../kit/until.ts';
import { DAY_MS, NOW } from '../unit/revocation/ask.ts';
import { addressOf, HOUR_MS, startListServer } from '../unit/revocation/list-server.ts';

const root = makeRoot({ notAfter: NOW + 30 * DAY_MS });
const WEEK = { thisUpdate: NOW - HOUR_MS, nextUpdate: NOW + 7 * DAY_MS };

async function follow(t: Test, refreshMs: number) {
  const server = await startListServer(t, root.crl({ number: 1, ...WEEK }).der);
  const ahead = { ms: 0 };
  const clock = () => Date.now() + ahead.ms;
  let news = 0;
  const urls = createCrlUrls({
    readLists: async (bytes, { most }) => readCrls(bytes, most),
    clock,
    random: () => 0.5,
    log: silentLog,
    reports: { crlFetch() {} },
    onNews: () => {
      news++;
    },
  });
  t.teardown(() => urls.close());
  const options = revocationOptions.parse({ mode: 'hard', cdp: true, allowHosts: [new URL(server.url).host] });
  const lists = createTrustLists({
    options,
    crls: [],
    authorities: [root.facts],
    configured: [],
    urls,
    news: () => news,
    addressOf: (url) => addressOf(url, { refreshMs }),
    noteSkipped() {},
  });
  const check = createRevocationCheck({ options, lists, askResponder: () => undefined });
  const pathOf = (url: string) => {
    const client = root.client({ crlUris: [url], serial: '0A', notAfter: NOW + 30 * DAY_MS });
    return [client.facts, root.facts];
  };
  const statusOf = async (url: string) => {
    const { answers } = await check.check(pathOf(url), clock());
    return answers[0]?.status;
  };
  return { server, ahead, urls, statusOf, check, pathOf, clock };
}

t.test('after a day of use the next list is still heard of', async (t) => {
  const { server, ahead, urls, statusOf } = await follow(t, 50);
  t.equal(await statusOf(server.url), 'good');
  for (let hours = 1; hours <= 26; hours++) {
    ahead.ms = hours * HOUR_MS;
    t.equal(await statusOf(server.url), 'good');
    const asked = server.requests.length;
    await until(() => server.requests.length > asked || urls.status().length === 0);
  }
  t.equal(urls.status().length, 1, 'it is followed');
  const revoking = root.crl({
    number: 2,
    thisUpdate: NOW + 25 * HOUR_MS,
    nextUpdate: NOW + 9 * DAY_MS,
    revoked: ['0A'],
  });
  server.answer = revoking.der;
  await until(async () => (await statusOf(server.url)) === 'revoked');
});

t.test('a list that is no longer followed does not count on', async (t) => {
  const { server, statusOf, urls } = await follow(t, HOUR_MS);
  t.equal(await statusOf(server.url), 'good');
  const revoking = root.crl({ number: 2, thisUpdate: NOW - 60_000, nextUpdate: NOW + 9 * DAY_MS, revoked: ['0A'] });
  server.answer = (request, response) => {
    if (request.url?.includes('?') === true) response.writeHead(404).end();
    else response.end(revoking.der);
  };
  // As another trust store does it: each of them takes a place, and brings nothing.
  for (let n = 0; n < 64; n++) await urls.fetchNow(addressOf(`${server.url}?${n}`), []);
  t.equal(await statusOf(server.url), 'revoked', 'it is fetched again');
});

t.test('a verdict is not kept as that of lists it does not rest upon', async (t) => {
  const { server, check, pathOf, clock } = await follow(t, HOUR_MS);
  const path = pathOf(server.url);
  const before = check.generation;
  const at = clock();
  const first = await check.check(path, at);
  t.match(first, { answers: [{ status: 'good' }], validUntil: at }, 'lists came while it was made');
  t.not(check.generation, before);
  const second = await check.check(path, clock());
  t.equal(second.answers[0]?.status, 'good');
  t.ok(second.validUntil > clock(), 'and this one may be kept');
});
