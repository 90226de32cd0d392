// Does the gateway grow over time? `npm run soak -- [minutes]`, ten when left out: good clients of every kind, strangers of
// every kind, new certificates, and reloads. Its memory at the end may be 1.1 times that at minute 2; the exit code is 1 otherwise, or
// when anything was lost.

import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { makePki, PATIENT_LIMITS } from '../test/kit/gateway.ts';
import { startSteadyLoad } from '../test/kit/steady-load.ts';
import { startBenchGateway } from './limits/gateway.ts';
import { makeStrangers } from './soak/strangers.ts';

const MINUTES = Number(process.argv[2] ?? 10);
const MINUTE_MS = 60_000;
/** By then caches are full, and what is compiled once is compiled. */
const SETTLED_AFTER = 2;
const MOST_GROWTH = 1.1;
const COLLECTIONS = 4;
const RELOAD_EVERY_MS = 10_000;
/** Between two that come one after the other. */
const STRANGERS_EVERY_MS = 20;

// The cache of verdicts is small, so that it is full by minute 2: what grows then is nothing that is meant to.
const YAML = `
cache: { entries: 100 }
log: { requests: false }
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }
${PATIENT_LIMITS}
`;

const upstream = createServer((request, response) => {
  request.resume();
  response.end('answered');
});
const echo = new WebSocketServer({ server: upstream });
echo.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))));
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));

const pki = makePki();
const upstreamPort = (upstream.address() as AddressInfo).port;
const gateway = await startBenchGateway({ pki, upstreamPort, yaml: YAML, watch: true });
const { port, folder } = gateway;
const revoked = pki.issuing.client({ cn: 'revoked' });
let lists = 100;
let isOver = false;
const problems = new Map<string, number>();
const note = (problem: string) => problems.set(problem, (problems.get(problem) ?? 0) + 1);

function replace(name: string, text: string, mode = 0o644): void {
  writeFileSync(join(folder, `${name}.new`), text, { mode });
  renameSync(join(folder, `${name}.new`), join(folder, name));
}

function renew(): void {
  const { keyPem, chainPem } = pki.root.server({ san: [{ kind: 'dns', value: 'localhost' }] });
  replace('server.key', keyPem, 0o600);
  replace('server.pem', chainPem);
  replace('ca.crl', pki.root.crl().pem + pki.issuing.crl({ revoked: [revoked], number: lists++ }).pem);
}

const RELOADS = 'portcullis_reloads_total{outcome="done"}';
renew();
while (!((await gateway.metric(RELOADS)) >= 1)) await wait(100);

const strangers = makeStrangers(pki, port, revoked);
let came = 0;
async function letThemCome(): Promise<void> {
  while (!isOver) {
    const each = strangers[came % strangers.length];
    came++;
    await each?.come().catch((error: Error) => note(`${each.name}: ${error.message}`));
    await wait(STRANGERS_EVERY_MS);
  }
}

async function keepRenewing(): Promise<void> {
  while (!isOver) {
    await wait(RELOAD_EVERY_MS);
    renew();
  }
}

/** What one collection lets go of may hold more, which is given back by the next. */
async function collectAll(): Promise<number> {
  let usedBytes = 0;
  for (const _ of Array(COLLECTIONS).keys()) {
    ({ usedBytes } = await gateway.look());
    await wait(100);
  }
  return usedBytes;
}

const load = startSteadyLoad({ port, certificate: pki.issuing.client({ cn: 'alice' }), doomedPath: '/again' });
const beside = [letThemCome(), keepRenewing()];
const toMiB = (bytes: number) => bytes / 1024 ** 2;
const samples: { readonly resident: number; readonly used: number }[] = [];
console.log(
  '| minute | resident MiB | in use MiB, after a collection | answered | strangers | reloads | connections |',
);
console.log('|---|---|---|---|---|---|---|');
for (let minute = 1; minute <= MINUTES; minute++) {
  await wait(MINUTE_MS);
  const usedBytes = await collectAll();
  const sample = { resident: toMiB(gateway.memory().now), used: toMiB(usedBytes) };
  samples.push(sample);
  const answered = Object.values(load.tallies).reduce((sum, tally) => sum + tally.answered, 0);
  const [reloads, connections] = [await gateway.metric(RELOADS), await gateway.connections()];
  const figures = [minute, sample.resident.toFixed(1), sample.used.toFixed(1), answered, came, reloads, connections];
  console.log(`| ${figures.join(' | ')} |`);
}
isOver = true;
await Promise.all([load.stop(), ...beside]);
for (const [kind, { lost }] of Object.entries(load.tallies)) {
  for (const [why, count] of Object.entries(lost)) problems.set(`${kind}: ${why}`, count);
}
if (load.cut() > 0) problems.set('WebSockets that were cut', load.cut());
if (!gateway.isAlive()) note('the gateway has ended');
await gateway.stop();
echo.close();
upstream.close();
upstream.closeAllConnections();

const [settled, last] = [samples[SETTLED_AFTER - 1], samples.at(-1)];
for (const what of ['resident', 'used'] as const) {
  const growth = settled === undefined || last === undefined ? Number.NaN : last[what] / settled[what];
  console.log(`${what}: ${growth.toFixed(3)} times what it was at minute ${SETTLED_AFTER}`);
  if (!(growth <= MOST_GROWTH)) note(`${what} memory has grown`);
}
for (const [problem, count] of problems) console.log(`${count} × ${problem}`);
process.exitCode = problems.size === 0 ? 0 : 1;
