// A list that another replica had put into Redis replaced the local one although its time had not come, and a revoked
// client was let in. And two authorities with one key overwrote each other's list in Redis without end.

import { randomBytes } from 'node:crypto';
import t from 'tap';
import { checkRefusal, send } from '../kit/client.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { makeRoot } from '../kit/pki.ts';
import { startRedis } from '../kit/redis.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const HOUR_MS = 3_600_000;

const yaml = (url: string) => `
cache: { redis: "${url}", keyFile: cache.key, commandTimeout: 1s, breaker: { pause: 50ms } }
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }
`;

t.test('a list whose time has not come', async (t) => {
  const redis = await startRedis(t);
  const upstream = await startUpstream(t);
  const pki = makePki();
  const bob = pki.issuing.client({ cn: 'bob' });
  const alice = pki.issuing.client({ cn: 'alice' });
  const common = {
    pki,
    upstreamPort: upstream.port,
    yaml: yaml(redis.url),
    files: { 'cache.key': randomBytes(32).toString('hex') },
    revocation: '{ mode: soft, crl: [ca.crl] }',
  };
  const one = await startTestGateway(t, { ...common, crl: { number: 3, revoked: [bob] } });
  t.equal((await send(t, { port: one.port, certificate: alice })).status, 200);
  checkRefusal(t, await send(t, { port: one.port, certificate: bob }), 'certificate-revoked');

  await startTestGateway(t, { ...common, crl: { number: 4, thisUpdate: Date.now() + HOUR_MS } });
  await until(() => one.lines.some(({ message }) => message.startsWith('newer revocation lists')));
  checkRefusal(t, await send(t, { port: one.port, certificate: bob }), 'certificate-revoked');
});

t.test('two authorities with one key', async (t) => {
  const redis = await startRedis(t);
  const upstream = await startUpstream(t);
  const pki = makePki();
  const renamed = makeRoot({ name: 'Test Root, renamed', key: pki.root.key });
  const gateway = await startTestGateway(t, {
    pki,
    upstreamPort: upstream.port,
    yaml: `${yaml(redis.url).trimEnd()}
  - hosts: [renamed.test]
    trust: { anchors: [renamed.pem], revocation: { mode: hard, crl: [renamed.crl] } }
    upstream: app
    clientCertificate: require
`,
    revocation: '{ mode: hard, crl: [ca.crl] }',
    files: {
      'cache.key': randomBytes(32).toString('hex'),
      'renamed.pem': renamed.pem,
      'renamed.crl': renamed.crl({ number: 7 }).pem,
    },
  });
  await gateway.reload();
  const counter = (await redis.admin.keys('*generation'))[0] ?? '';
  const before = Number(await redis.admin.get(counter));
  for (let request = 0; request < 20; request++) {
    t.equal((await send(t, { port: gateway.port, certificate: pki.issuing.client() })).status, 200);
  }
  // The first exchange may still announce each list once.
  t.ok(Number(await redis.admin.get(counter)) <= before + 3, 'announced once, and that is all');
});
