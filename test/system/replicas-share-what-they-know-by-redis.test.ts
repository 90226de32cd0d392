// Two gateways, one Redis: what one has found out the other need not, news reach both, and without Redis nothing is lost.

import { hash, randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { createSeals } from '../../src/cache/seal.ts';
import { checkRefusal, open, readUntil, send } from '../kit/client.ts';
import { type GatewayOptions, makePki, startTestGateway, type TestGateway, type TestPki } from '../kit/gateway.ts';
import { makeRoot } from '../kit/pki.ts';
import { startRedis } from '../kit/redis.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const REVOCATION = '{ mode: hard, crl: [ca.crl] }';

async function setUp(t: Test, common: Partial<GatewayOptions> = {}) {
  const redis = await startRedis(t);
  const upstream = await startUpstream(t, {
    answer(request, response) {
      if (request.url === '/stream') response.write('begun');
      else response.end(`answered ${request.url}`);
    },
  });
  const pki = makePki();
  const key = randomBytes(32).toString('hex');
  const start = (options: Partial<GatewayOptions> = {}) =>
    startTestGateway(t, {
      pki,
      upstreamPort: upstream.port,
      files: { 'cache.key': key },
      yaml: yaml(redis.url),
      ...common,
      ...options,
    });
  return { redis, pki, start, key };
}

/** More patient than the default, as several tests run at a time. */
function yaml(url: string): string {
  return `
cache: { redis: "${url}", keyFile: cache.key, commandTimeout: 1s, breaker: { pause: 50ms } }
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }
`;
}

async function ask(t: Test, { port, requests }: TestGateway, certificate: ReturnType<TestPki['issuing']['client']>) {
  const answer = await send(t, { port, certificate });
  await until(() => requests().length > 0);
  return { answer, from: requests().at(-1)?.verdictFrom };
}

const metricsOf = async ({ probesPort }: TestGateway) => (await fetch(`http://127.0.0.1:${probesPort}/metrics`)).text();

t.test('a verdict that one has found is known to the other, good certificates and no others', async (t) => {
  const { start, redis, pki } = await setUp(t);
  const [one, two] = [await start(), await start()];
  const alice = pki.issuing.client({ cn: 'alice' });
  const mallory = pki.foreign.client({ cn: 'mallory' });

  t.match(await ask(t, one, alice), { answer: { status: 200 }, from: 'computed' });
  t.match(await ask(t, one, alice), { answer: { status: 200 }, from: 'memory' });
  await until(async () => (await redis.admin.keys('{portcullis}:verdict:*')).length === 1);
  t.match(await ask(t, two, alice), { answer: { status: 200 }, from: 'redis' });
  t.match(await ask(t, two, alice), { answer: { status: 200 }, from: 'memory' });

  for (const gateway of [one, two]) {
    const { answer, from } = await ask(t, gateway, mallory);
    checkRefusal(t, answer, 'certificate-untrusted');
    t.equal(from, 'computed');
  }
  const keys = await redis.admin.keys('*');
  t.match(keys, [/^\{portcullis\}:verdict:[0-9a-f]{64}$/]);
  t.equal(keys.length, 1);
  const life = await redis.admin.pttl(keys[0] ?? '');
  t.ok(life > 0 && life <= 300_000, 'not longer than the time to live');
  const text = await metricsOf(two);
  t.match(text, 'portcullis_redis_values_total{outcome="hit"} 1');
  t.match(text, 'portcullis_redis_usable{use="reading"} 1');
  t.match(text, /^portcullis_redis_command_seconds_count\{kind="read"\} [1-9]/m);
});

t.test('a replica with other keys believes nothing and is believed nothing', async (t) => {
  const { start, redis, pki } = await setUp(t);
  const one = await start();
  const other = await start({ files: { 'cache.key': randomBytes(32).toString('base64') } });
  const alice = pki.issuing.client({ cn: 'alice' });
  t.equal((await ask(t, one, alice)).from, 'computed');
  await until(async () => (await redis.admin.keys('*')).length === 1);
  t.match(await ask(t, other, alice), { answer: { status: 200 }, from: 'computed' });
  t.match(
    other.lines.filter(({ level }) => level === 'warn'),
    [{ defect: 'unknown-key' }],
  );
});

t.test('keys are replaced by reloads, without a moment of distrust', async (t) => {
  const { start, redis, pki, key } = await setUp(t);
  const newer = randomBytes(32).toString('hex');
  const [one, two] = [await start(), await start()];
  for (const gateway of [one, two]) await gateway.reload({ files: { 'cache.key': `${key}\n${newer}\n` } });
  await one.reload({ files: { 'cache.key': `${newer}\n${key}\n` } });
  const client = (cn: string) => pki.issuing.client({ cn });
  const [alice, bob] = [client('alice'), client('bob')];
  t.equal((await ask(t, one, alice)).from, 'computed', 'sealed with the newer key');
  await until(async () => (await redis.admin.keys('*')).length === 1);
  t.equal((await ask(t, two, alice)).from, 'redis');
  t.equal((await ask(t, two, bob)).from, 'computed', 'sealed with the older one');
  await until(async () => (await redis.admin.keys('*')).length === 2);
  t.equal((await ask(t, one, bob)).from, 'redis');
});

t.test('a newer list that one has loaded revokes at the other, and ends its open streams', async (t) => {
  const { start, pki } = await setUp(t, { revocation: REVOCATION });
  const [one, two] = [await start(), await start()];
  const alice = pki.issuing.client({ cn: 'alice', serial: '0A1B' });
  for (const gateway of [one, two]) t.equal((await ask(t, gateway, alice)).answer.status, 200);
  const idle = await open(t, { port: two.port, certificate: alice });
  idle.write('GET /idle HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await readUntil(idle, (text) => text.endsWith('answered /idle'));

  const stream = await open(t, { port: two.port, certificate: alice });
  stream.write('GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await readUntil(stream, (text) => text.includes('begun'));

  await one.reload({ crl: { revoked: ['0A1B'], number: 7, thisUpdate: Date.now() } });
  checkRefusal(t, (await ask(t, one, alice)).answer, 'certificate-revoked');
  await until(() => stream.closed);
  t.ok(two.lines.some(({ message }) => message.startsWith('newer revocation lists')));
  checkRefusal(t, (await ask(t, two, alice)).answer, 'certificate-revoked');
  idle.write('GET /idle HTTP/1.1\r\nHost: localhost\r\n\r\n');
  t.match(await readUntil(idle, (text) => text.endsWith('}\n')), /certificate-revoked/, 'a connection from before too');

  const three = await start();
  checkRefusal(t, (await ask(t, three, alice)).answer, 'certificate-revoked');
  await two.reload();
  checkRefusal(t, (await ask(t, two, alice)).answer, 'certificate-revoked');
});

t.test('an older list takes nothing back, and a list of nobody does nothing', async (t) => {
  const { start, redis, pki, key } = await setUp(t, { revocation: REVOCATION });
  const now = Date.now();
  const one = await start({ crl: { revoked: ['0A1B'], number: 7, thisUpdate: now } });
  const two = await start({ crl: { number: 3, thisUpdate: now - 60_000 } });
  const alice = pki.issuing.client({ cn: 'alice', serial: '0A1B' });
  const bob = pki.issuing.client({ cn: 'bob' });
  checkRefusal(t, (await ask(t, one, alice)).answer, 'certificate-revoked');
  checkRefusal(t, (await ask(t, two, alice)).answer, 'certificate-revoked');
  t.equal((await ask(t, two, bob)).answer.status, 200);

  // Whoever has the keys is still no authority: what counts is who signed the list.
  const seals = createSeals(() => [Buffer.from(key, 'hex')]);
  const revokesBob = { revoked: [bob], number: 99, thisUpdate: now };
  const forgeries = {
    'of a foreign authority': pki.foreign.crl(revokesBob),
    'of a foreign authority with our name': makeRoot({ name: 'Test Issuing' }).crl(revokesBob),
    'that is none': { der: Buffer.from('list') },
  };
  const { publicKey, subject } = pki.issuing.facts;
  const name = `{portcullis}:list:${hash('sha256', `${publicKey.spkiHash} ${subject.matchKey}`, 'hex')}`;
  t.equal(await redis.admin.exists(name), 1, 'that is where a list stands');
  const put = async (der: Uint8Array) => {
    const content = { generation: 1, expires: now + 3_600_000, payload: Buffer.from(der) };
    await redis.admin.set(name, seals.seal(name, content));
    await one.reload();
  };
  for (const [what, { der }] of Object.entries(forgeries)) {
    await put(der);
    t.equal((await ask(t, one, bob)).answer.status, 200, what);
  }
  await put(pki.issuing.crl({ number: 2, thisUpdate: now - 120_000 }).der);
  checkRefusal(t, (await ask(t, one, alice)).answer, 'certificate-revoked');
  await put(pki.issuing.crl(revokesBob).der);
  checkRefusal(t, (await ask(t, one, bob)).answer, 'certificate-revoked');
});

t.test('Redis dies and comes back: no answer changes, and two lines say so', async (t) => {
  const { start, redis, pki } = await setUp(t);
  const gateway = await start();
  const client = (cn: string) => pki.issuing.client({ cn });
  t.match(await ask(t, gateway, client('alice')), { answer: { status: 200 }, from: 'computed' });
  await redis.stop();
  for (const cn of ['bob', 'carol', 'dave']) {
    t.match(await ask(t, gateway, client(cn)), { answer: { status: 200 }, from: 'computed' }, cn);
  }
  const { answer } = await ask(t, gateway, pki.foreign.client({ cn: 'mallory' }));
  checkRefusal(t, answer, 'certificate-untrusted');
  const told = () => gateway.lines.filter(({ message }) => message.startsWith('Redis')).map(({ message }) => message);
  await until(() => told().length > 0);
  t.match(await metricsOf(gateway), 'portcullis_redis_usable{use="reading"} 0');
  await redis.start();
  await until(() => told().length > 1);
  t.match(told(), [/^Redis cannot be used/, /^Redis can be used again/]);
  t.equal(told().length, 2);
  t.match(await metricsOf(gateway), 'portcullis_redis_usable{use="reading"} 1');
  const erin = client('erin');
  t.equal((await ask(t, gateway, erin)).from, 'computed');
  await until(async () => (await redis.admin.keys('{portcullis}:verdict:*')).length > 0);
  t.equal((await ask(t, await start(), erin)).from, 'redis');
});

t.test('a gateway starts without Redis', async (t) => {
  const { start, redis, pki } = await setUp(t);
  await redis.stop();
  const gateway = await start();
  t.match(await ask(t, gateway, pki.issuing.client({ cn: 'alice' })), { answer: { status: 200 }, from: 'computed' });
});
