// Two gateways, one PostgreSQL, one Redis: a block reaches the open streams of both within a second, whatever becomes of
// Redis; and without the database nobody is let in who might be blocked.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import t from 'tap';
import { checkRefusal, send } from '../kit/client.ts';
import { commandsOn } from '../kit/commands.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { startPostgres } from '../kit/postgres.ts';
import { startRedis } from '../kit/redis.ts';
import { startStreamUpstream } from '../kit/streams.ts';
import { until } from '../kit/until.ts';

const pki = makePki();
const postgres = await startPostgres(t);
const redis = await startRedis(t);
const upstream = await startStreamUpstream(t);
const [alice, bob] = [pki.issuing.client({ cn: 'alice' }), pki.issuing.client({ cn: 'bob' })];
const files = { 'cache.key': randomBytes(32).toString('hex'), 'alice.pem': alice.chainPem };
const yaml = `directory: { url: "${postgres.url}" }
cache: { redis: "${redis.url}", keyFile: cache.key, commandTimeout: 1s, breaker: { pause: 50ms } }
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: require
    paths: { /open: { clientCertificate: ignore } }`;

const start = () => startTestGateway(t, { pki, upstreamPort: upstream.port, yaml, files });
const gateways = [await start(), await start()];
const folder = gateways[0]?.folder ?? '';
const commands = commandsOn(t, join(folder, 'portcullis.yaml'), folder);
const answersOf = (certificate = alice, path = '/') =>
  Promise.all(gateways.map(({ port }) => send(t, { port, certificate, path })));
const areAll = async (status: number) => (await answersOf()).every((answer) => answer.status === status);
const openAll = (certificate: typeof alice) =>
  Promise.all(gateways.map(({ port }) => upstream.open({ port, certificate })));
const closedOf = (streams: Awaited<ReturnType<typeof openAll>>) =>
  streams.reduce((sum, each) => sum + each.closed(), 0);

t.test('both close the streams of the certificate, and of no other', async (t) => {
  const [streams, others] = [await openAll(alice), await openAll(bob)];
  for (const each of streams) await each.check(t, 'before');
  const ended = commands.done('block', '--cert', 'alice.pem', '--reason', 'x');
  await until(() => closedOf(streams) === 4);
  const closedAt = Date.now();
  await ended;
  const [block] = await commands.json<{ createdAt: string }[]>('blocks');
  t.comment(`closed on both ${closedAt - Date.parse(block?.createdAt ?? '')} ms after the block was written`);
  for (const each of others) await each.check(t, 'bob goes on');
  for (const answer of await answersOf()) checkRefusal(t, answer, 'certificate-blocked');
});

t.test('it holds when Redis is flushed, and when it is gone', async (t) => {
  await redis.admin.flushall();
  for (const answer of await answersOf()) checkRefusal(t, answer, 'certificate-blocked');
  await redis.stop();
  for (const answer of await answersOf()) checkRefusal(t, answer, 'certificate-blocked');
  await commands.done('unblock', '--cert', 'alice.pem');
  await until(() => areAll(200));
  const streams = await openAll(alice);
  await commands.done('block', '--cert', 'alice.pem', '--reason', 'without Redis');
  await until(() => closedOf(streams) === 4);
  await redis.start();
  for (const answer of await answersOf()) checkRefusal(t, answer, 'certificate-blocked');
});

t.test('PostgreSQL away and back', async (t) => {
  const streams = await openAll(bob);
  for (const answer of await answersOf(bob)) t.equal(answer.status, 200);
  await postgres.stop();
  await until(async () => (await answersOf(bob)).every(({ status }) => status === 503));
  for (const answer of await answersOf(bob)) checkRefusal(t, answer, 'directory-unavailable');
  for (const answer of await answersOf()) checkRefusal(t, answer, 'directory-unavailable');
  for (const answer of await answersOf(alice, '/open')) t.equal(answer.status, 200, 'where no certificate is read');
  t.match(await commands.run('blocks'), {
    code: 1,
    stdout: '',
    stderr: /^portcullis: the directory of clients cannot be used: [^\n]+\n$/,
  });
  t.comment(`${closedOf(streams)} of 4 open streams of bob were closed meanwhile`);
  await postgres.start();
  await until(async () => (await answersOf(bob)).every(({ status }) => status === 200));
  for (const answer of await answersOf()) checkRefusal(t, answer, 'certificate-blocked');
});
