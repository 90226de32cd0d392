// Does a request cost more the more clients the directory has? Processor time of the gateway for a request, by their number:
// `node bench/clients.ts`. Several gateways for each number, asked in turn, so that the noise of the machine is shared.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Change } from '../src/directory/changes.ts';
import { openDirectory } from '../src/directory/open.ts';
import { makeRoot } from '../test/kit/pki.ts';
import type { Setting } from './clients/gateway.ts';

const NUMBERS = [10, 1_000, 100_000];
/** Many and short, so that the noise of the machine is shared. */
const ROUNDS = 20;
const REQUESTS = 300;
/** For each number: two processes that do the same differ by 20 % at times. */
const PROCESSES = 3;
/** The compiler has seen the code before it counts. */
const WARM_UP_ROUNDS = 10;
const CONNECTIONS = 16;
/** The promise, for all rounds together: what is collected now and then counts. */
const MOST_MORE = 0.1;

const root = makeRoot();
const client = root.client({ cn: 'bench', serial: '0F0001' });
const server = root.server({ san: [{ kind: 'dns', value: 'localhost' }] });
const upstream = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
await once(upstream, 'listening');

interface Measured {
  readonly clients: number;
  readonly gateway: ChildProcess;
  readonly port: number;
  readonly agent: Agent;
  micros: number;
}

const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
for (const clients of NUMBERS) await register(`sqlite:${join(folder, `${clients}.db`)}`, clients);
const measured: Measured[] = [];
for (let process = 0; process < PROCESSES; process++) {
  for (const clients of NUMBERS) measured.push(await start(clients));
}
for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
  // Back and forth: none of them always comes after the same one.
  for (const one of round % 2 === 0 ? measured : measured.toReversed()) {
    await readCpu(one.gateway);
    await ask(one, REQUESTS);
    const micros = await readCpu(one.gateway);
    if (round >= 0) one.micros += micros;
  }
}
for (const { gateway, agent } of measured) {
  agent.destroy();
  gateway.kill();
}
const costs = NUMBERS.map((number) => {
  const micros = measured.filter(({ clients }) => clients === number).map(({ micros }) => micros / (ROUNDS * REQUESTS));
  const sorted = micros.sort((a, b) => a - b).map(Math.round);
  process.stdout.write(`${number} clients: ${sorted.join(', ')} us of processor time for a request\n`);
  return sorted[PROCESSES >> 1] ?? 0;
});
upstream.close();
const more = Math.max(...costs) / (costs[0] ?? 0) - 1;
process.stdout.write(`the middle ones: at most ${(more * 100).toFixed(1)} % more than with ${NUMBERS[0]}\n`);
process.exitCode = more < MOST_MORE ? 0 : 1;

async function start(clients: number): Promise<Measured> {
  const gateway = fork(new URL('./clients/gateway.ts', import.meta.url));
  const started = once(gateway, 'message');
  const setting: Setting = {
    folder,
    database: `${clients}.db`,
    upstreamPort: (upstream.address() as AddressInfo).port,
    anchors: root.pem,
    serverChain: server.chainPem,
    serverKey: server.keyPem,
  };
  gateway.send(setting);
  const [port] = (await started) as [number];
  const { chainPem: cert, keyPem: key } = client;
  const agent = new Agent({
    keepAlive: true,
    maxSockets: CONNECTIONS,
    cert,
    key,
    ca: root.pem,
    servername: 'localhost',
  });
  return { clients, gateway, port, agent, micros: 0 };
}

/** Here, and not in the process that is measured. Whose requests are measured is the last of them. */
async function register(url: string, clients: number): Promise<void> {
  const store = openDirectory(url, { clock: Date.now });
  await store.prepare();
  const issuerSpki = root.facts.publicKey.spkiHash;
  const changes = Array.from({ length: clients }, (_, index): Change => {
    const number = index === clients - 1 ? client.facts.serial : (0x7f000000 + index).toString(16).toUpperCase();
    const match = { kind: 'issuer-serial', issuerSpki, serial: number } as const;
    const account = { name: `client-${index}`, kind: 'app', roles: ['reader'] } as const;
    return { do: 'add-account', account, credentials: [{ match }] };
  });
  const outcome = await store.change({ actor: 'bench', changes });
  if (!outcome.done) throw new Error(outcome.problems[0]?.message);
  await store.close();
}

async function readCpu(gateway: ChildProcess): Promise<number> {
  const answer = once(gateway, 'message');
  gateway.send('cpu');
  return (await answer)[0] as number;
}

async function ask({ port, agent }: Measured, count: number): Promise<void> {
  let left = count;
  const lane = async () => {
    while (left-- > 0) await get(port, agent);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, lane));
}

function get(port: number, agent: Agent): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const asked = request({ host: '127.0.0.1', port, agent, headers: { host: 'localhost' } }, (response) => {
    if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
    response.resume();
    response.on('end', resolve);
  });
  asked.on('error', reject);
  asked.end();
  return promise;
}
