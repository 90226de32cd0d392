// One row of the table: an attack from its preparation to the moment when all of it is forgotten again.

import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { TestCertificate } from '../../test/kit/pki.ts';
import type { Orders, Outcome } from './attacker.ts';
import type { AttackName } from './attacks.ts';
import type { BenchGateway } from './gateway.ts';
import { askOnce, type Served, startGoodClient } from './good-client.ts';

export interface Row {
  readonly name: AttackName;
  readonly count: number;
  /** What resident memory may grow by. */
  readonly mostMiB: number;
  /** The good client may be refused until it is over, for there is nothing left to serve it with. */
  readonly mayRefuse?: boolean;
}

export interface Measured {
  readonly row: Row;
  readonly outcome: Outcome;
  readonly served: Served;
  /** Whether the good client is served when it is over. */
  readonly isServedAfter: boolean;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  /** Processor time of the gateway during the attack. */
  readonly cpuMs: number;
  /** Resident memory in bytes. */
  readonly before: number;
  readonly peak: number;
  readonly after: number;
  /** What is still in use and was not before, in bytes. */
  readonly keptBytes: number;
}

/** Until all connections of an attack are forgotten. */
const FORGET_MS = 10_000;

export async function measure(row: Row, gateway: BenchGateway, certificate: TestCertificate): Promise<Measured> {
  const orders: Orders = { name: row.name, count: row.count, port: gateway.port };
  const worker = new Worker(new URL('./attacker.ts', import.meta.url), { workerData: orders });
  await once(worker, 'message');
  const { usedBytes } = await gateway.look();
  gateway.forgetPeak();
  const before = gateway.memory().now;

  await wait(200);
  const client = startGoodClient(gateway.port, certificate);
  const over = once(worker, 'message');
  worker.postMessage('go');
  const [outcome] = (await over) as [Outcome];
  const served = await client.stop();
  const { delayP99Ms, delayMaxMs, cpuMs } = await gateway.look();
  const { peak } = gateway.memory();

  await untilForgotten(gateway);
  const isServedAfter = await askOnce(gateway.port, certificate);
  const kept = await gateway.look();
  const after = gateway.memory().now;
  await worker.terminate();
  const keptBytes = kept.usedBytes - usedBytes;
  return { row, outcome, served, isServedAfter, delayP99Ms, delayMaxMs, cpuMs, before, peak, after, keptBytes };
}

async function untilForgotten(gateway: BenchGateway): Promise<void> {
  const deadline = performance.now() + FORGET_MS;
  while ((await gateway.connections()) > 0) {
    if (performance.now() > deadline) throw new Error('connections of an attack are still open');
    await wait(100);
  }
}
