// Two gateways, one Redis: whoever has used up a rate at one has nothing left at the other, and without sharing has all of it.

import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { send } from '../kit/client.ts';
import { makePki, startTestGateway, type TestGateway } from '../kit/gateway.ts';
import { startRedis } from '../kit/redis.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

/** As many at once as come back in two minutes: longer than this takes. */
const BUCKET = 120;

const redis = await startRedis(t);
const upstream = await startUpstream(t);
const pki = makePki();
const certificate = pki.issuing.client({ cn: 'alice' });
const key = randomBytes(32).toString('hex');

const start = (t: Test, shared: boolean) =>
  startTestGateway(t, {
    pki,
    upstreamPort: upstream.port,
    files: { 'cache.key': key },
    yaml: `
cache: { redis: "${redis.url}", keyFile: cache.key, commandTimeout: 1s }
limits:
  shared: ${shared}
  perAddress: { handshakesPerSecond: 100000 }
  perCertificate: { handshakesPerSecond: 100000, requestsPerSecond: 1, burst: 2m }
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]
`,
  });

async function messages({ probesPort }: TestGateway, outcome: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${probesPort}/metrics`)).text();
  const pattern = new RegExp(`^portcullis_limit_messages_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm');
  return Number(pattern.exec(text)?.[1] ?? 0);
}

/** Sends until it is refused; tells how many were answered. */
async function useUp(t: Test, gateway: TestGateway): Promise<number> {
  for (let answered = 0; ; answered++) {
    const { status, headers } = await send(t, { port: gateway.port, certificate });
    if (status === 200) continue;
    t.equal(status, 429);
    t.match(headers['retry-after'], /^\d+$/);
    return answered;
  }
}

t.test('shared', async (t) => {
  const [one, two] = [await start(t, true), await start(t, true)];
  t.equal((await send(t, { port: two.port, certificate })).status, 200);
  for (let sent = 0; sent < BUCKET - 2; sent++) await send(t, { port: one.port, certificate });
  // What is sent behind this is told in a later message; one is answered for sure, whatever was heard of the other.
  const said = await messages(one, 'said');
  t.equal((await send(t, { port: one.port, certificate })).status, 200);
  await useUp(t, one);
  await until(async () => (await messages(one, 'said')) > said);
  await until(async () => (await messages(two, 'heard')) >= (await messages(one, 'said')));
  t.ok((await useUp(t, two)) < BUCKET - 1);
  t.equal(await messages(two, 'unreadable'), 0);
});

t.test('not shared', async (t) => {
  const [one, two] = [await start(t, false), await start(t, false)];
  t.ok((await useUp(t, one)) >= BUCKET);
  t.ok((await useUp(t, two)) >= BUCKET);
  t.equal(await messages(two, 'heard'), 0);
});
