// Does a request cost more the more clients the directory has? Processor time of the gateway for a request, by their number:
// `node bench/clients.ts`. One gateway for each number, asked in turn, so that the noise of the machine is shared.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeRoot } from '../test/kit/pki.ts';
import type { Setting } from './clients/gateway.ts';

const NUMBERS = [10, 1_000, 100_000];
const ROUNDS = 9;
const REQUESTS = 1_000;
const CONNECTIONS = 16;
/** The promise: the middle of the rounds differs by less. */
const MOST_DIFFERENCE = 0.1;

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
  readonly rounds: number[];
}

const measured: Measured[] = [];
for (const clients of NUMBERS) measured.push(await start(clients));
for (let round = -1; round < ROUNDS; round++) {
  for (const one of measured) {
    await readCpu(one.gateway);
    await ask(one, REQUESTS);
    const micros = (await readCpu(one.gateway)) / REQUESTS;
    // The compiler has seen the code before it counts.
    if (round >= 0) one.rounds.push(micros);
  }
}
const middles = measured.map(({ rounds }) => rounds.sort((a, b) => a - b)[ROUNDS >> 1] ?? 0);
for (const [index, { clients, gateway, agent }] of measured.entries()) {
  process.stdout.write(`${clients} clients: ${Math.round(middles[index] ?? 0)} us of processor time for a request\n`);
  agent.destroy();
  gateway.kill();
}
upstream.close();
const difference = Math.max(...middles) / Math.min(...middles) - 1;
process.stdout.write(`difference: ${(difference * 100).toFixed(1)} %\n`);
process.exitCode = difference < MOST_DIFFERENCE ? 0 : 1;

async function start(clients: number): Promise<Measured> {
  const gateway = fork(new URL('./clients/gateway.ts', import.meta.url));
  const started = once(gateway, 'message');
  const setting: Setting = {
    clients,
    upstreamPort: (upstream.address() as AddressInfo).port,
    anchors: root.pem,
    serverChain: server.chainPem,
    serverKey: server.keyPem,
    issuerSpki: root.facts.publicKey.spkiHash,
    serial: client.facts.serial,
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
  return { clients, gateway, port, agent, rounds: [] };
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
