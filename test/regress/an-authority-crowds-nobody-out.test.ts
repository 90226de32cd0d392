// An authority that is trusted for a part only could keep the lists and responders of the others from being heard.

import t from 'tap';
import { createMetrics } from '../../src/metrics/metrics.ts';
import { adoptLists, type GenuineList } from '../../src/revocation/adopt-lists.ts';
import { recognizeList } from '../../src/revocation/genuine-lists.ts';
import { revocationOptions } from '../../src/revocation/options.ts';
import { createTrustLists } from '../../src/revocation/trust-lists.ts';
import { writeOcspResponse } from '../kit/ocsp.ts';
import { startResponder } from '../kit/ocsp-responder.ts';
import { makeRoot, type TestCrl } from '../kit/pki.ts';
import { NOW } from '../unit/revocation/ask.ts';
import { issuingDistributionPoint } from '../unit/revocation/crl-extensions.ts';
import { addressOf, startFollowing, startListServer } from '../unit/revocation/list-server.ts';
import { makeAsker } from '../unit/revocation/ocsp-asker.ts';

const root = makeRoot();
const partner = makeRoot({ name: 'Partner' });

t.test('lists of one do not push out those of another', async (t) => {
  const genuine = (list: TestCrl): GenuineList => {
    const found = recognizeList(list.facts, [root.facts, partner.facts]);
    if (found === undefined) throw new Error('signed by neither');
    return found;
  };
  const flood = Array.from({ length: 64 }, (_, n) => {
    const scope = issuingDistributionPoint({ name: { uri: `http://partner.test/${n}` } });
    return genuine(partner.crl({ extensions: [scope] }));
  });
  const ours = genuine(root.crl({ number: 5, thisUpdate: NOW - 60_000 }));
  t.equal(adoptLists([], flood, NOW).lists.length, 64);
  const { lists } = adoptLists([ours], flood, NOW);
  t.ok(lists.includes(ours));
  t.equal(lists.length, 64);
  const next = genuine(root.crl({ number: 6, thisUpdate: NOW - 1000 }));
  const renewed = adoptLists(lists, [...flood, next], NOW).lists;
  t.ok(renewed.includes(next), 'its successor has its place');
  t.notOk(renewed.includes(ours));
});

t.test('a responder that fails for certificates of one is asked for those of another', async (t) => {
  const client = root.client();
  const responder = await startResponder(t, { status: 404, body: Buffer.of() });
  const asker = makeAsker();
  for (let count = 0; count < 4; count++) await asker.ask(partner.client(), `${responder.url}/nothing`);
  t.equal(asker.reports.at(-1), 'skipped', 'left alone');
  responder.says(writeOcspResponse(client));
  t.equal((await asker.ask(client, responder.url)).status, 'good');
});

t.test('a certificate has no more than a few of its addresses asked', async (t) => {
  const server = await startListServer(t, root.crl().der);
  const { urls, news } = startFollowing(t);
  const lists = createTrustLists({
    options: revocationOptions.parse({ cdp: true, allowHosts: [new URL(server.url).host] }),
    crls: [],
    authorities: [root.facts],
    configured: [],
    urls,
    news,
    addressOf: (url) => addressOf(url, { refreshMs: 3_600_000 }),
    noteSkipped() {},
  });
  const fetchFor = (count: number, name: string) => {
    const crlUris = Array.from({ length: count }, (_, n) => `${server.url}?${name}${n}`);
    return lists.fetchFor([root.client({ crlUris }).facts, root.facts], 0);
  };
  await fetchFor(3, 'a');
  t.equal(server.requests.length, 3);
  await fetchFor(100, 'b');
  t.equal(server.requests.length, 3 + 8);
});

t.test('responders that only certificates name are not counted one by one for ever', async (t) => {
  const metrics = createMetrics('1.2.3');
  for (let n = 0; n < 100; n++) metrics.ocspAsked(`r${n}.partner.test`, 'failed');
  const lines = (await metrics.render()).text
    .split('\n')
    .filter((line) => line.startsWith('portcullis_ocsp_requests_'));
  t.equal(lines.length, 65);
  t.ok(lines.some((line) => line.includes('responder="other"') && line.endsWith(' 36')));
});
