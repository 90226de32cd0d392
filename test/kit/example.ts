// An app of examples/ as a process of its own, as its readers would start it, with the gateway in front of it.

import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { join } from 'node:path';
import type { Test } from 'tap';
import { openDirectory } from '../../src/directory/open.ts';
import { type GatewayOptions, makeFolder, startTestGateway, type TestGateway, type TestPki } from './gateway.ts';
import type { TestCertificate } from './pki.ts';
import { inCheckout } from './process.ts';

export interface ExampleApp {
  readonly port: number;
}

/**
 * `program` runs in `examples`; `node` is the one of the tests. With PORT=0 in its environment, it must tell where it
 * listens.
 */
export async function startExample(
  t: Test,
  program: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ExampleApp> {
  const [command = '', ...args] = program;
  const child = spawn(command === 'node' ? process.execPath : command, args, {
    cwd: inCheckout('examples'),
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let output = '';
  const read = (text: string) => {
    output += text;
    const [, port] = /(?:port: |127\.0\.0\.1:)(\d+)/.exec(output) ?? [];
    if (port !== undefined) resolve(Number(port));
  };
  child.stdout.setEncoding('utf8').on('data', read);
  child.stderr.setEncoding('utf8').on('data', read);
  child.once('error', reject);
  const closed = new Promise<void>((done) => child.once('close', () => done()));
  void closed.then(() => reject(new Error(`${program.join(' ')} ended before it listened:\n${output}`)));
  t.teardown(() => {
    child.kill('SIGKILL');
    return closed;
  });
  return { port: await promise };
}

/** Past the gateway. `host` is another address of this machine. */
export function sendStraight(
  { port }: ExampleApp,
  headers: Readonly<Record<string, string>>,
  { path = '/whoami', host = '127.0.0.1' } = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, path, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.once('error', reject);
    });
    sent.once('error', reject);
    sent.end();
  });
}

export interface KnownClient {
  readonly certificate: TestCertificate;
  readonly account: string;
  readonly roles?: readonly string[];
}

/** A gateway whose directory knows these clients. */
export async function startGatewayFor(
  t: Test,
  clients: readonly KnownClient[],
  options: GatewayOptions & { readonly pki: TestPki },
): Promise<TestGateway> {
  const url = `sqlite:${join(makeFolder(t), 'clients.db')}`;
  const store = openDirectory(url, { clock: Date.now });
  await store.prepare();
  const outcome = await store.change({
    actor: 'tester',
    changes: clients.map(({ certificate: { facts }, account: name, roles = [] }) => ({
      do: 'add-account',
      account: { name, kind: 'person', roles },
      credentials: [
        {
          match: {
            kind: 'issuer-serial',
            issuerSpki: options.pki.issuing.facts.publicKey.spkiHash,
            serial: facts.serial,
          },
        },
      ],
    })),
  });
  await store.close();
  if (!outcome.done) throw new Error(JSON.stringify(outcome.problems));
  return startTestGateway(t, { ...options, yaml: `directory: { url: "${url}" }\n${options.yaml}` });
}
