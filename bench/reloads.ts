// Do reloads leave anything behind? `npm run bench:reloads -- [how many]`: memory, descriptors and timers while
// everything is read again, a certificate renewed each time, and a connection of before in use.

import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { startGateway } from '../src/app/gateway.ts';
import { loadConfiguration } from '../src/config/load.ts';
import { makePki, PATIENT_LIMITS, writeConfiguration } from '../test/kit/gateway.ts';

const RELOADS = Number(process.argv[2] ?? 1000);
const STEPS = 10;
const SITES = `
${PATIENT_LIMITS}
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }
`;

let isOver = false;
const collect = globalThis.gc;
if (collect === undefined) throw new Error('start it with --expose-gc');

const upstream = createServer((_, response) => response.end('answered'));
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
const upstreamPort = (upstream.address() as AddressInfo).port;
const folder = await mkdtemp(join(tmpdir(), 'portcullis-bench-'));
const pki = makePki();
const revocation = '{ mode: hard, crl: [ca.crl] }';

async function load() {
  const file = writeConfiguration(folder, pki, { upstreamPort, yaml: SITES, revocation });
  const result = await loadConfiguration(file, { env: {}, now: Date.now() });
  if (!result.ok) throw new Error(result.problems[0]?.message);
  return result.configuration;
}

const ignore = () => {};
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const reload = async () => ({ done: false, problems: [], needsRestart: [] });
const gateway = await startGateway(await load(), { clock: Date.now, log, reload });
const client = connect({
  host: '127.0.0.1',
  port: gateway.addresses[0]?.port ?? 0,
  servername: 'localhost',
  ca: pki.root.pem,
});
await new Promise((resolve) => client.once('secureConnect', resolve));
client.once('close', () => {
  if (!isOver) throw new Error('the connection was closed');
});

async function request(): Promise<void> {
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const answer = await new Promise<Buffer>((resolve) => client.once('data', resolve));
  if (!answer.toString('latin1').startsWith('HTTP/1.1 200 ')) throw new Error(answer.toString('latin1'));
}

async function row(reloads: number): Promise<void> {
  for (const _ of Array(5).keys()) {
    collect?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  const [all, heap, outside] = [rss, heapUsed, external].map((bytes) => (bytes / 1024 ** 2).toFixed(1));
  const descriptors = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : '';
  const resources = process.getActiveResourcesInfo().length;
  console.log(`| ${reloads} | ${all} | ${heap} | ${outside} | ${descriptors} | ${resources} |`);
}

console.log(
  '| reloads | resident MiB | heap MiB | external MiB | descriptors | active resources |\n|---|---|---|---|---|---|',
);
await request();
await row(0);
const began = performance.now();
for (let done = 1; done <= RELOADS; done++) {
  await gateway.reload(await load());
  await request();
  if (done % Math.ceil(RELOADS / STEPS) === 0) await row(done);
}
console.log(
  `${((performance.now() - began) / RELOADS).toFixed(1)} ms each, making and writing certificates and lists included`,
);

isOver = true;
client.destroy();
await gateway.stop();
upstream.close();
await rm(folder, { recursive: true });
