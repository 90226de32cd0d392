// The gateway under attack: the built program as a process of its own, with someone inside who measures.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type TestPki, writeConfiguration } from '../../test/kit/gateway.ts';
import type { Inside } from './inside.ts';

export interface BenchGateway {
  readonly port: number;
  /** Of its files. */
  readonly folder: string;
  /** Measures since the last call, and begins anew. */
  look(): Promise<Inside>;
  /** Resident memory in bytes: now, and its peak since `forgetPeak`. */
  memory(): { readonly now: number; readonly peak: number };
  forgetPeak(): void;
  /** Client connections it counts as open. */
  connections(): Promise<number>;
  /** A metric's value, by its name and labels as they stand on the page; NaN where it is not there. */
  metric(series: string): Promise<number>;
  isAlive(): boolean;
  stop(): Promise<void>;
}

/** Time limits that a bench can wait for; everything else is as it is by default. In ms. */
export const TIMEOUTS = { handshake: 3000, head: 3000, request: 4000 } as const;

const SITES = `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: accept
    paths:
      /admin: { clientCertificate: require }
limits: {}
timeouts: { handshake: ${TIMEOUTS.handshake}ms, head: ${TIMEOUTS.head}ms, request: ${TIMEOUTS.request}ms }
`;

const START_MS = 20_000;
const inCheckout = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export interface BenchGatewayInput {
  readonly pki: TestPki;
  readonly upstreamPort: number;
  /** YAML of `sites` and what else the bench is about; one site, and limits that a bench can wait for, when left out. */
  readonly yaml?: string;
  readonly upstreamOptions?: string;
  /** Reload when files change; not when left out. */
  readonly watch?: boolean;
  /** Most open files; as many as this process may have when left out. */
  readonly files?: number | undefined;
}

/** Starts it, and waits until it listens. */
export async function startBenchGateway(input: BenchGatewayInput): Promise<BenchGateway> {
  const { pki, upstreamPort, yaml = SITES, upstreamOptions = '', watch = false, files } = input;
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-limits-'));
  const revocation = '{ mode: hard, crl: [ca.crl] }';
  const options = { pki, upstreamPort, upstreamOptions, yaml, revocation, watch };
  const configuration = writeConfiguration(folder, pki, options);
  const log = join(folder, 'log');
  const inside = new URL('./inside.ts', import.meta.url).href;
  const program = ['--expose-gc', '--import', inside, inCheckout('dist/cli/main.js'), 'run', '-c', configuration];
  const limit = files === undefined ? '' : `ulimit -n ${files};`;
  // A file and not a pipe: the bench is busy, and a full pipe would hold the gateway up.
  const child = spawn('/bin/sh', ['-c', `${limit} exec "$0" "$@"`, process.execPath, ...program], {
    stdio: ['ignore', openSync(log, 'a'), openSync(log, 'a'), 'ipc'],
  });
  const { port, probesPort } = await untilListening(child, log);
  const status = (key: string) => {
    const text = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) * 1024;
  };
  const metric = async (series: string) => {
    const text = await (await fetch(`http://127.0.0.1:${probesPort}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`${series} `));
    return Number(line?.slice(series.length + 1) ?? Number.NaN);
  };
  return {
    port,
    folder,
    metric,
    async look() {
      const answer = once(child, 'message');
      child.send('look');
      return (await answer)[0] as Inside;
    },
    memory: () => ({ now: status('VmRSS'), peak: status('VmHWM') }),
    // 5: reset the peak of resident memory, proc(5).
    forgetPeak: () => writeFileSync(`/proc/${child.pid}/clear_refs`, '5'),
    connections: () => metric('portcullis_connections'),
    isAlive: () => child.exitCode === null && child.signalCode === null,
    async stop() {
      const exit = once(child, 'exit');
      if (child.kill('SIGTERM')) await exit;
      rmSync(folder, { recursive: true });
    },
  };
}

async function untilListening(child: ChildProcess, log: string): Promise<{ port: number; probesPort: number }> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    const text = readFileSync(log, 'utf8');
    const portOf = (msg: string) => Number(new RegExp(`"port":(\\d+),"msg":"${msg}"`).exec(text)?.[1]);
    const [port, probesPort] = [portOf('listening'), portOf('listening for probes')];
    if (port > 0 && probesPort > 0) return { port, probesPort };
    if (child.exitCode !== null || performance.now() > deadline) throw new Error(`the gateway did not start:\n${text}`);
    await wait(50);
  }
}
