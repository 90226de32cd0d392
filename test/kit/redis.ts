// A real redis-server of the test's own: nothing on disk, on a free port, stopped by its process.

import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import type { Test } from 'tap';
import { makeFolder } from './gateway.ts';

export interface TestRedis {
  readonly port: number;
  readonly url: string;
  /** For looking at it and for breaking it: waits until it answers. Made anew after a restart. */
  readonly admin: Redis;
  /** Still takes connections, and answers nothing. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
  /** Starts it again on the same port, empty. */
  start(): Promise<void>;
}

export interface RedisOptions {
  /** Options as on its command line: `['--maxmemory', '1mb']`. */
  readonly args?: readonly string[];
  /** How the test's own client gets in; left out: as anybody. */
  readonly admin?: { readonly password?: string; readonly port?: number };
  readonly port?: number;
  /** A configuration file, which makes it a Sentinel. */
  readonly config?: string;
}

export async function startRedis(t: Test, options: RedisOptions = {}): Promise<TestRedis> {
  const port = options.port ?? (await findFreePort());
  const folder = makeFolder(t);
  let child: ChildProcess | undefined;
  const admin = new Redis({
    ...options.admin,
    host: '127.0.0.1',
    port: options.admin?.port ?? port,
    protocol: 2,
    lazyConnect: true,
    retryStrategy: () => 20,
    maxRetriesPerRequest: null,
  });
  admin.on('error', () => {});

  const self: TestRedis = {
    port,
    url: `redis://127.0.0.1:${port}`,
    admin,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async stop() {
      const stopped = child;
      child = undefined;
      if (stopped !== undefined) await end(stopped);
    },
    async start() {
      const kind = options.config === undefined ? ['--save', ''] : ['--sentinel'];
      const common = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...kind];
      const args = [...(options.config ? [options.config] : []), ...common, ...(options.args ?? [])];
      child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] });
      const started = child;
      // Also when the test is broken off.
      process.once('exit', () => started.kill('SIGKILL'));
      await untilReady(child);
    },
  };
  await self.start();
  t.teardown(async () => {
    admin.disconnect();
    await self.stop();
  });
  return self;
}

export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (/[Rr]eady to accept connections|Sentinel ID/.test(text)) resolve();
    });
    child.once('error', (cause) => reject(new Error('redis-server cannot be run: is it installed?', { cause })));
    child.once('exit', () => reject(new Error(`redis-server ended:\n${text}`)));
  });
}

/** SIGKILL ends one that is frozen too. */
function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
