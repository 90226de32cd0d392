// Everything that happens to a gateway in a year, under a load that counts what it costs: reloads of each kind, its Redis and
// a service away and back, and its own process replaced on the sockets that systemd keeps.

import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import { makeFolder, makePki, PATIENT_LIMITS, writeConfiguration } from './gateway.ts';
import { startRedis } from './redis.ts';
import { type StartedService, startServiceManager } from './service-manager.ts';
import { type SteadyLoad, startSteadyLoad } from './steady-load.ts';
import { until } from './until.ts';
import { startEchoUpstream } from './websocket-client.ts';

export interface ZeroLossOptions {
  readonly reloads: number;
  readonly restarts: number;
  /** Answers that each client gets between two of the things that happen. */
  readonly answers: number;
}

/** What is not over by then is broken off: the WebSockets, which would go on for ever. */
const DRAIN = '4s';

export async function runZeroLoss(t: Test, { reloads, restarts, answers }: ZeroLossOptions): Promise<void> {
  const pki = makePki();
  const folder = makeFolder(t);
  const redis = await startRedis(t);
  const upstream = await startEchoUpstream(t);
  const other = await startOther(t);
  const config = writeConfiguration(folder, pki, {
    upstreamPort: upstream.port,
    watch: true,
    revocation: '{ mode: hard, crl: [ca.crl] }',
    files: { 'cache.key': randomBytes(32).toString('hex') },
    yaml: `
cache: { redis: "${redis.url}", keyFile: cache.key }
log: { requests: false }
${PATIENT_LIMITS}
timeouts: { drain: ${DRAIN} }
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: require
    paths:
      /other: { upstream: { url: "http://127.0.0.1:${other.port}" } }
`,
  });
  const manager = await startServiceManager(t, config);
  let gateway = await manager.start('gateway-0');
  await untilReady(gateway);
  const certificate = pki.issuing.client({ cn: 'alice' });
  const load = startSteadyLoad({ port: manager.port, certificate, doomedPath: '/other' });
  t.teardown(load.stop);
  await load.further(answers);

  const replace = (name: string, bytes: string, mode = 0o644) => {
    const path = join(folder, name);
    writeFileSync(`${path}.new`, bytes, { mode });
    renameSync(`${path}.new`, path);
  };
  const change = (name: string, alter: (text: string) => string) =>
    replace(name, alter(readFileSync(join(folder, name), 'utf8')));
  const changes: readonly { readonly file: string; readonly make: () => void }[] = [
    {
      file: 'server.pem',
      make() {
        const { keyPem, chainPem } = pki.root.server({ san: [{ kind: 'dns', value: 'localhost' }] });
        replace('server.key', keyPem, 0o600);
        replace('server.pem', chainPem);
      },
    },
    { file: 'ca.pem', make: () => change('ca.pem', (text) => toggle(text, pki.foreign.pem)) },
    {
      file: 'ca.crl',
      make: () => replace('ca.crl', pki.root.crl().pem + pki.issuing.crl({ revoked: [pki.issuing.client()] }).pem),
    },
    {
      file: 'portcullis.yaml',
      make: () =>
        change('portcullis.yaml', (text) => toggle(text, '      /closed: { deny: [{ subject: { CN: bob } }] }\n')),
    },
  ];

  const begun = performance.now();
  for (let done = 0; done < reloads; done++) {
    const each = changes[done % changes.length];
    if (each === undefined) break;
    const from = gateway.lines().length;
    each.make();
    await until(() =>
      gateway
        .lines()
        .slice(from)
        .some((line) => isReloadOf(line, join(folder, each.file))),
    );
    await load.further(answers);
  }
  tell(t, load, `${reloads} reloads by changed files, ${((performance.now() - begun) / reloads).toFixed(0)} ms each`);
  t.strictSame(lostBy(load), {}, 'reloads lose nothing');
  t.equal(load.cut(), 0, 'nor do they end a WebSocket');
  t.equal(load.away(), 0);

  await redis.stop();
  await load.further(answers * 5);
  await redis.start();
  await load.further(answers * 5);
  tell(t, load, 'Redis killed, and back');
  t.strictSame(lostBy(load), {}, 'nor does Redis when it is killed');

  other.kill();
  await until(() => load.away() > 0);
  await load.further(answers);
  await other.start();
  let isBack = load.away();
  await until(async () => {
    await load.further(answers);
    const before = isBack;
    isBack = load.away();
    return before === isBack;
  });
  tell(t, load, `the other service killed, and back: ${load.away()} answers of 502 to 504 meanwhile`);
  t.strictSame(lostBy(load), {}, 'nor do other requests when a service is killed');
  const away = load.away();

  for (let done = 1; done <= restarts; done++) {
    const next = await manager.start(`gateway-${done}`);
    await untilReady(next);
    process.kill(gateway.pid, 'SIGTERM');
    await until(() => gateway.code() !== undefined);
    t.equal(gateway.code(), 0);
    gateway = next;
    await load.further(answers);
  }
  tell(
    t,
    load,
    `after ${restarts} restarts: ${load.cut()} WebSockets were open longer than the time to drain, ${load.again()} streams crossed GOAWAY`,
  );
  const { 'messages on WebSockets': onSockets, ...lost } = lostBy(load);
  t.strictSame(lost, {}, 'nor does a restart');
  t.ok((onSockets?.['a WebSocket ended'] ?? 0) <= load.cut(), 'but what is on WebSockets that do not end');
  t.equal(load.away(), away);
  await load.stop();
}

function toggle(text: string, part: string): string {
  return text.includes(part) ? text.replace(part, '') : text + part;
}

function isReloadOf(line: object, path: string): boolean {
  const { msg, changed } = line as { msg?: string; changed?: readonly string[] };
  return msg === 'the configuration was reloaded' && changed?.includes(path) === true;
}

async function untilReady(gateway: StartedService): Promise<void> {
  await until(() => gateway.lines().some(({ msg }) => msg === 'listening'));
}

function lostBy({ tallies }: SteadyLoad): Record<string, Record<string, number>> {
  const entries = Object.entries(tallies).map(([kind, { lost }]) => [kind, lost] as const);
  return Object.fromEntries(entries.filter(([, lost]) => Object.keys(lost).length > 0));
}

function tell(t: Test, load: SteadyLoad, what: string): void {
  const answered = Object.entries(load.tallies).map(([kind, tally]) => `${tally.answered} ${kind}`);
  t.comment(`${what}; answered so far: ${answered.join(', ')}; lost: ${JSON.stringify(lostBy(load))}`);
}

/** A service that can be killed with all its connections, and come back at the same port. */
async function startOther(t: Test): Promise<{ port: number; kill(): void; start(): Promise<void> }> {
  let server: Server;
  let port = 0;
  const start = async () => {
    server = createServer((_, response) => response.end('answered'));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  };
  const kill = () => {
    server.close();
    server.closeAllConnections();
  };
  await start();
  t.teardown(kill);
  return { port, kill, start };
}
