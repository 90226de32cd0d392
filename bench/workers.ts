// How much more do two workers serve than one process? Requests on kept connections (W1), and full handshakes with a
// certificate (W2), in turns. Load generator and service are on the same processors, and take their part of them; so does
// whatever else the machine does. The processor time of each request tells what two processors to themselves would serve:
// one process is at its end when it fills one of them.
//
// BENCH_DIR names the folder that the `setup.sh` of the benchmark made. Words: `--rounds=N`, `--seconds=N`.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTicks, TICK_US } from './peers/measure.ts';
import { untilListening } from './peers/proxies.ts';
import { WORKLOADS } from './peers/workloads.ts';

const folder = process.env.BENCH_DIR ?? '';
if (!existsSync(join(folder, 'bin', 'lg'))) {
  process.stdout.write('SKIPPED: set BENCH_DIR to the folder that setup.sh of the benchmark made\n');
  process.exit(0);
}

const UPSTREAM_PORT = 9011;
const COUNTS = [1, 2] as const;
const PORTS = { 1: 9311, 2: 9312 } as const;
const PROGRAM = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');
const optionOf = (name: string, otherwise: number) =>
  Number(process.argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise);
const rounds = optionOf('rounds', 5);
const seconds = optionOf('seconds', 4);

const own = mkdtempSync(join(tmpdir(), 'portcullis-workers-'));
const children: ChildProcess[] = [];
const pids = { 1: 0, 2: 0, service: 0 };
try {
  pids.service = start(join(folder, 'bin', 'up'), String(UPSTREAM_PORT)).pid ?? 0;
  for (const workers of COUNTS) {
    const file = join(own, `${workers}.yaml`);
    writeFileSync(file, configuration(workers));
    const gateway = start(process.execPath, PROGRAM, 'run', '-c', file);
    pids[workers] = gateway.pid ?? 0;
    await untilListening(PORTS[workers], gateway, `portcullis with ${workers}`);
  }
  process.stdout.write(`${availableParallelism()} processors, load ${loadavg()[0]?.toFixed(1)}\n`);
  for (const name of ['W1', 'W2']) compare(name);
} finally {
  const ends = children.filter(({ exitCode }) => exitCode === null).map((child) => once(child, 'exit'));
  for (const child of children) child.kill();
  await Promise.all(ends);
  rmSync(own, { recursive: true, force: true });
}

function compare(name: string): void {
  // Compilers and caches get what they need; it is not counted.
  for (const workers of COUNTS) load(name, workers, 2 * seconds);
  const found: Record<1 | 2, Round[]> = { 1: [], 2: [] };
  for (let round = 0; round < rounds; round++) {
    for (const workers of COUNTS) found[workers].push(load(name, workers, seconds));
  }
  const medianOf = (workers: 1 | 2, read: (round: Round) => number) => median(found[workers].map(read));
  const [one, two] = COUNTS.map((workers) => medianOf(workers, ({ perSecond }) => perSecond)) as [number, number];
  const [own1, own2] = COUNTS.map((workers) => medianOf(workers, ({ gateway }) => gateway)) as [number, number];
  const rest = median([...found[1], ...found[2]].map(({ others }) => others));
  const alone = 2 / (own2 + rest) / Math.min(1 / own1, 2 / (own1 + rest));
  process.stdout.write(
    `${name}: ${Math.round(one)} a second by one process, ${Math.round(two)} by two workers: ${(two / one).toFixed(2)} times. ` +
      `Each request takes ${Math.round(own1)} us of one process, ${Math.round(own2)} us of primary and workers, ` +
      `${Math.round(rest)} us of generator and service: ${alone.toFixed(2)} times where nobody else is\n`,
  );
}

interface Round {
  readonly perSecond: number;
  /** Processor time of each request, us: of all processes of the gateway, and of generator and service. */
  readonly gateway: number;
  readonly others: number;
}

function load(name: string, workers: 1 | 2, forSeconds: number): Round {
  const words = WORKLOADS[name]?.arguments ?? [];
  const before = { gateway: readTicks(pids[workers]), others: readTicks(pids.service) + endedTicks() };
  const output = execFileSync(
    join(folder, 'bin', 'lg'),
    ['-P', String(PORTS[workers]), ...words, '-d', String(forSeconds)],
    { env: { ...process.env, CERTS: join(folder, 'certs') }, encoding: 'utf8' },
  );
  const { rps, err, req } = JSON.parse(output.trim().split('\n').at(-1) ?? '') as Record<'rps' | 'err' | 'req', number>;
  if (err > 0) throw new Error(`${err} requests of ${name} failed with ${workers}`);
  const perRequest = (ticks: number) => (ticks * TICK_US) / Math.max(1, req);
  return {
    perSecond: rps,
    gateway: perRequest(readTicks(pids[workers]) - before.gateway),
    others: perRequest(readTicks(pids.service) + endedTicks() - before.others),
  };
}

/** Processor time of children that have ended: the load generators. */
function endedTicks(): number {
  const fields = readFileSync('/proc/self/stat', 'latin1').split(') ').at(-1)?.split(' ') ?? [];
  return Number(fields[13]) + Number(fields[14]);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function start(program: string, ...words: string[]): ChildProcess {
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'inherit'] });
  children.push(child);
  return child;
}

function configuration(workers: 1 | 2): string {
  const certificate = (name: string) => join(folder, 'certs', `ec-${name}`);
  const wide = 'connections: 20000, handshakesPerSecond: 1000000, requestsPerSecond: 1000000';
  return `version: 1
workers: ${workers}
listeners: [{ address: "127.0.0.1:${PORTS[workers]}" }]
certificates: [{ cert: ${certificate('server-chain.pem')}, key: ${certificate('server.key')}, default: true }]
trust: { lab: { anchors: [${certificate('ca.pem')}], revocation: { mode: "off" } } }
upstreams:
  up: { url: "http://127.0.0.1:${UPSTREAM_PORT}", maxConnections: 256 }
sites:
  - { hosts: [localhost], trust: lab, upstream: up, clientCertificate: require }
limits:
  connections: 20000
  requestsPerConnection: 100000000
  perAddress: { ${wide} }
  perCertificate: { ${wide}, requests: 20000 }
log: { file: ${join(own, 'requests.log')} }
`;
}
