// The proxies that are compared, each on the first processor; the service behind them is on the second.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Workload } from './workloads.ts';

export interface RunningProxy {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
}

export interface Running {
  readonly proxies: readonly RunningProxy[];
  stop(): Promise<void>;
}

const PROGRAM = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
const OWN_PORT = 9301;
const UPSTREAM_PORT = 9000;
/** Long enough for a JVM; nobody here needs a second. */
const START_MS = 15_000;

interface Command {
  readonly name: string;
  readonly port: number;
  readonly words: readonly string[];
}

/** The others listen with ECDSA keys on these ports, and with RSA keys 50 above. */
function othersIn(folder: string, keys: Workload['keys']): Command[] {
  const conf = (file: string) => join(folder, 'conf', file);
  const caddy = ['caddy', 'run', '--config', conf('Caddyfile'), '--adapter', 'caddyfile'];
  const all: Command[] = [
    { name: 'nginx', port: 9101, words: ['nginx', '-c', conf('nginx.conf')] },
    { name: 'haproxy', port: 9102, words: ['haproxy', '-db', '-f', conf('haproxy.cfg')] },
    { name: 'apache', port: 9103, words: ['apache2', '-f', conf('apache.conf'), '-DFOREGROUND'] },
    { name: 'caddy', port: 9104, words: caddy },
  ];
  return all.map((each) => ({ ...each, port: keys === 'rsa' ? each.port + 50 : each.port }));
}

/** Starts the service and every proxy. `rules`: how many paths the gateway's policy names. */
export async function startAll(
  folder: string,
  { rules, keys }: { readonly rules: number; readonly keys: Workload['keys'] },
): Promise<Running> {
  if (!existsSync(PROGRAM)) throw new Error('dist is missing: run `npm run build` first');
  const own = mkdtempSync(join(tmpdir(), 'portcullis-peers-'));
  const children: ChildProcess[] = [];
  const start = (processor: number, [program = '', ...words]: readonly string[], log: string): ChildProcess => {
    const output = openSync(join(own, `${log}.out`), 'a');
    const command = ['-c', String(processor), program, ...words];
    const child = spawn('taskset', command, { stdio: ['ignore', output, output], env: { ...process.env, HOME: own } });
    closeSync(output);
    children.push(child);
    return child;
  };
  const stop = async () => {
    const ends = children.filter(({ exitCode }) => exitCode === null).map((child) => once(child, 'exit'));
    for (const child of children) child.kill();
    await Promise.all(ends);
    rmSync(own, { recursive: true, force: true });
  };
  writeFileSync(join(own, 'portcullis.yaml'), ownConfiguration(folder, own, rules, keys));
  const words = [process.execPath, '--enable-source-maps', PROGRAM, 'run', '-c', join(own, 'portcullis.yaml')];
  const commands = [...othersIn(folder, keys), { name: 'portcullis', port: OWN_PORT, words }];
  try {
    start(1, [join(folder, 'bin', 'up'), String(UPSTREAM_PORT)], 'up');
    const proxies = [];
    for (const { name, port, words } of commands) {
      const child = start(0, words, name);
      await untilListening(port, child, name);
      proxies.push({ name, port, pid: child.pid ?? 0 });
    }
    return { proxies, stop };
  } catch (fault) {
    await stop();
    throw fault;
  }
}

export async function untilListening(port: number, child: ChildProcess, name: string): Promise<void> {
  const until = performance.now() + START_MS;
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    const listening = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (listening) return;
    await wait(50);
  }
  throw new Error(`${name} does not listen on ${port}`);
}

/** Everything on that an operator would have on, and the headers that the others write, or more. */
function ownConfiguration(folder: string, own: string, rules: number, keys: string): string {
  const certificate = (name: string) => join(folder, 'certs', `${keys}-${name}`);
  const paths = Array.from(
    { length: rules },
    (_, n) => `      /area${n % 10}/part${n}: { clientCertificate: require }\n`,
  );
  return `version: 1
listeners: [{ address: "127.0.0.1:${OWN_PORT}" }]
certificates: [{ cert: ${certificate('server-chain.pem')}, key: ${certificate('server.key')}, default: true }]
trust: { lab: { anchors: [${certificate('ca.pem')}] } }
upstreams:
  up: { url: "http://127.0.0.1:${UPSTREAM_PORT}", identityHeaders: [x-client, nginx], maxConnections: 256 }
sites:
  - hosts: [localhost]
    trust: lab
    upstream: up
    clientCertificate: require
    paths:
${paths.join('')}
limits:
  connections: 20000
  requestsPerConnection: 100000000
  perAddress: { connections: 20000, handshakesPerSecond: 1000000, requestsPerSecond: 1000000 }
  perCertificate: { connections: 20000, requests: 20000, handshakesPerSecond: 1000000, requestsPerSecond: 1000000 }
log: { file: ${join(own, 'requests.log')} }
`;
}
