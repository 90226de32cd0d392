// A clock that is set forward or back: certificates and lists are judged by what it says now, whatever was remembered before;
// what measures how long something takes goes by another clock.

import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkRefusal, open, readUntil, send } from '../kit/client.ts';
import { makeFolder, makePki, startTestGateway } from '../kit/gateway.ts';
import { startGatewayProcess } from '../kit/process.ts';
import { startUpstream } from '../kit/upstream.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const [PRELOADED] = globSync('/usr/lib/*/faketime/libfaketime.so.1');
const SITES = `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: require
    paths: { /public: { clientCertificate: ignore } }
`;

t.test('an injected clock, for certificates', async (t) => {
  const pki = makePki();
  const begin = Date.now();
  let now = begin;
  const upstream = await startUpstream(t);
  const { port } = await startTestGateway(t, { pki, upstreamPort: upstream.port, yaml: SITES, clock: () => now });
  const certificate = pki.issuing.client({ cn: 'alice', notBefore: begin - HOUR_MS, notAfter: begin + HOUR_MS });
  for (const _ of ['once', 'and again, with what is remembered']) {
    now = begin;
    t.equal((await send(t, { port, certificate })).status, 200);
    now = begin + 2 * HOUR_MS;
    checkRefusal(t, await send(t, { port, certificate }), 'certificate-expired');
    now = begin - 2 * HOUR_MS;
    checkRefusal(t, await send(t, { port, certificate }), 'certificate-not-yet-valid');
  }
});

t.test('an injected clock, for lists', async (t) => {
  const pki = makePki();
  const begin = Date.now();
  let now = begin;
  const upstream = await startUpstream(t);
  const { port } = await startTestGateway(t, {
    pki,
    upstreamPort: upstream.port,
    yaml: SITES,
    revocation: '{ mode: hard, crl: [ca.crl], depth: leaf }',
    crl: { thisUpdate: begin - HOUR_MS / 6, nextUpdate: begin + HOUR_MS },
    clock: () => now,
  });
  const certificate = pki.issuing.client({ cn: 'alice', notBefore: begin - DAY_MS, notAfter: begin + DAY_MS });
  for (const _ of ['once', 'and again, with what is remembered']) {
    now = begin;
    t.equal((await send(t, { port, certificate })).status, 200);
    now = begin + 2 * HOUR_MS;
    checkRefusal(t, await send(t, { port, certificate }), 'revocation-unknown');
    now = begin;
    t.equal((await send(t, { port, certificate })).status, 200);
    now = begin - HOUR_MS / 2;
    checkRefusal(t, await send(t, { port, certificate }), 'revocation-unknown');
  }
});

t.test('the clock of the whole process', { skip: PRELOADED === undefined && 'no libfaketime' }, async (t) => {
  const pki = makePki();
  const [folder, upstream] = [makeFolder(t), await startUpstream(t)];
  const setting = join(folder, 'clock');
  const step = (to: string) => writeFileSync(setting, `${to}\n`);
  step('+0d');
  const env = {
    LD_PRELOAD: PRELOADED ?? '',
    FAKETIME_TIMESTAMP_FILE: setting,
    FAKETIME_NO_CACHE: '1',
    // As it is with a real step: how long something takes is measured by a clock that is never set.
    DONT_FAKE_MONOTONIC: '1',
  };
  const gateway = await startGatewayProcess(t, { pki, upstreamPort: upstream.port, yaml: SITES }, { env });
  const { port } = gateway;
  const begin = Date.now();
  const certificate = pki.issuing.client({ cn: 'alice', notBefore: begin - HOUR_MS, notAfter: begin + 12 * HOUR_MS });
  const kept = await open(t, { port, certificate });
  const ask = async (path: string, status: number) => {
    kept.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await readUntil(kept, (text) => text.startsWith(`HTTP/1.1 ${status} `) && /answered|\}\n$/.test(text));
  };
  for (const _ of ['once', 'and again, with what is remembered']) {
    step('+0d');
    await ask('/', 200);
    step('+20d');
    await ask('/', 403);
    await ask('/public', 200);
    checkRefusal(t, await send(t, { port, certificate }), 'certificate-expired');
    t.equal((await gateway.probe('/readyz')).status, 200);
    step('-20d');
    await ask('/', 403);
    await ask('/public', 200);
    checkRefusal(t, await send(t, { port, certificate }), 'certificate-not-yet-valid');
  }
  step('+0d');
  await ask('/', 200);
  gateway.signal('SIGTERM');
  t.match(await gateway.ended, { code: 0 });
});
