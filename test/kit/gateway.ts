// A real gateway in this process: real files, real sockets, its own certificates, and a log that can be read.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { ReloadOutcome } from '../../src/admin/sources.ts';
import { type Gateway, startGateway } from '../../src/app/gateway.ts';
import { formatProblems } from '../../src/config/format-problems.ts';
import { type Configuration, loadConfiguration } from '../../src/config/load.ts';
import type { Log } from '../../src/model/log.ts';
import { type CrlOptions, makeRoot, type TestCertificate } from './pki.ts';

export interface TestPki {
  readonly root: TestCertificate;
  /** Below the root; issues the clients of most tests. */
  readonly issuing: TestCertificate;
  /** Trusted nowhere. */
  readonly foreign: TestCertificate;
}

export function makePki(): TestPki {
  const root = makeRoot();
  return { root, issuing: root.intermediate({ name: 'Test Issuing' }), foreign: makeRoot({ name: 'Foreign Root' }) };
}

export function makeFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface GatewayOptions {
  readonly pki?: TestPki;
  /** YAML of `sites` and whatever else the test is about; joined to the common part below. */
  readonly yaml: string;
  /** Names of the server certificate; localhost when left out. */
  readonly serverNames?: readonly string[];
  /** The server certificate itself; left out: a new one with each load. */
  readonly server?: TestCertificate;
  /** Revocation of the trust store `corporate`; off when left out. */
  readonly revocation?: string;
  /** What the list of the issuing authority says; the root's is empty. */
  readonly crl?: CrlOptions;
  /** Port of the upstream `app`. */
  readonly upstreamPort: number;
  readonly upstreamOptions?: string;
  /** Keys of each listener besides its address. */
  readonly listener?: string;
  /** How many there are; one when left out. */
  readonly listeners?: number;
  readonly clock?: () => number;
  /** Of a process: whether it reloads when files change; not when left out. */
  readonly watch?: boolean;
  /** More files for the folder, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface TestGateway {
  /** Of the first listener. */
  readonly port: number;
  /** Of all listeners. */
  readonly ports: readonly number[];
  readonly probesPort: number;
  /** 0 where there is no admin address. */
  readonly adminPort: number;
  readonly pki: TestPki;
  readonly folder: string;
  readonly lines: readonly LogLine[];
  /** The log lines of requests, oldest first. */
  requests(): readonly LogLine[];
  /** Loads the configuration again, with other parts if given; fails the test when it is not valid. */
  reload(changes?: Partial<GatewayOptions>): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it on free ports, and stops it when the test ends. */
export async function startTestGateway(t: Test, options: GatewayOptions): Promise<TestGateway> {
  const pki = options.pki ?? makePki();
  const folder = makeFolder(t);
  const clock = options.clock ?? Date.now;
  const lines: LogLine[] = [];
  let current = options;
  const load = () => loadOrFail(writeConfiguration(folder, pki, current), clock());
  // As `run` does it when the admin API is asked.
  const reloadFiles = async (): Promise<ReloadOutcome> => {
    const result = await loadConfiguration(join(folder, 'portcullis.yaml'), { env: {}, now: clock() });
    if (!result.ok) return { done: false, problems: result.problems, needsRestart: [] };
    return { done: true, problems: result.warnings, ...(await gateway.reload(result.configuration)) };
  };
  const gateway: Gateway = await startGateway(await load(), { clock, log: logTo(lines), reload: reloadFiles });
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= gateway.stop();
    return stopped;
  };
  t.teardown(stop);
  return {
    port: gateway.addresses[0]?.port ?? 0,
    ports: gateway.addresses.map(({ port }) => port),
    probesPort: gateway.probesPort ?? 0,
    adminPort: gateway.adminPort ?? 0,
    pki,
    folder,
    lines,
    requests: () => lines.filter(({ message }) => message === 'request'),
    async reload(changes = {}) {
      current = { ...current, ...changes };
      await gateway.reload(await load());
    },
    stop,
  };
}

/** Writes certificates, lists and configuration; gives the path of the configuration. */
export function writeConfiguration(folder: string, pki: TestPki, options: GatewayOptions): string {
  const { root, issuing } = pki;
  const names = options.serverNames ?? ['localhost'];
  // Long enough that `check` has nothing to say about it.
  const notAfter = Date.now() + 90 * 86_400_000;
  const server = options.server ?? root.server({ san: names.map((value) => ({ kind: 'dns', value })), notAfter });
  const write = (name: string, text: string, mode = 0o644) => writeFileSync(join(folder, name), text, { mode });
  write('server.pem', server.chainPem);
  write('server.key', server.keyPem, 0o600);
  write('ca.pem', root.pem + issuing.pem);
  write('ca.crl', root.crl().pem + issuing.crl(options.crl).pem);
  for (const [name, text] of Object.entries(options.files ?? {})) write(name, text, 0o600);
  write('portcullis.yaml', commonYaml(options) + options.yaml);
  return join(folder, 'portcullis.yaml');
}

/** All clients of a test have one address, and many of them are refused: dear, where the test is about something else. */
const MANY_HANDSHAKES = 'limits: { perAddress: { handshakesPerSecond: 100000 } }';
/** The same for what must not lose a request on a machine that others keep busy, for then the gateway turns some away. */
export const PATIENT_LIMITS = 'limits: { eventLoopDelay: 1m, perAddress: { handshakesPerSecond: 100000 } }';

function commonYaml(options: GatewayOptions): string {
  const { upstreamPort, upstreamOptions, revocation, listener, listeners = 1, watch = false, yaml } = options;
  return `version: 1
${/^limits:/m.test(yaml) ? '' : MANY_HANDSHAKES}
listeners:
${`  - address: 127.0.0.1:0\n${indent(listener, 4)}\n`.repeat(listeners)}
certificates:
  - { cert: server.pem, key: server.key, default: true }
trust:
  corporate:
    anchors: [ca.pem]
    revocation: ${revocation ?? '{ mode: "off" }'}
upstreams:
  app:
    url: http://127.0.0.1:${upstreamPort}
${indent(upstreamOptions, 4)}
probes: { address: 127.0.0.1:0 }
reload: { watch: ${watch} }
`;
}

function indent(text: string | undefined, by: number): string {
  return (text ?? '').replace(/^/gm, ' '.repeat(by));
}

async function loadOrFail(file: string, now: number): Promise<Configuration> {
  const result = await loadConfiguration(file, { env: {}, now });
  if (!result.ok) throw new Error(formatProblems(result.problems));
  return result.configuration;
}

function logTo(lines: LogLine[]): Log {
  const at = (level: string) => (fields: object, message: string) => {
    // As the log would hold it: what is undefined is not there.
    lines.push({ ...JSON.parse(JSON.stringify(fields)), level, message });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
