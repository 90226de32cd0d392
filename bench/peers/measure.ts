// One round of load on one proxy: what it did, and how much processor time that took.

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunningProxy } from './proxies.ts';
import type { Workload } from './workloads.ts';

export interface Measured {
  readonly name: string;
  /** Microseconds of user and system time of all processes of the proxy, for each request. */
  readonly cpu: number;
  readonly requests: number;
  readonly errors: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** What the load generator prints, as far as it is read. */
interface Outcome {
  readonly req: number;
  readonly err: number;
  readonly rps: number;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** Linux counts processor time in hundredths of a second. */
export const TICK_US = 10_000;

const run = promisify(execFile);

export async function measureRound(
  folder: string,
  proxy: RunningProxy,
  workload: Workload,
  seconds: number,
): Promise<Measured> {
  const before = readTicks(proxy.pid);
  const words = ['-P', String(proxy.port), ...workload.arguments, '-d', String(seconds)];
  const { stdout } = await run('taskset', ['-c', '1', join(folder, 'bin', 'lg'), ...words], {
    env: { ...process.env, CERTS: join(folder, 'certs') },
  });
  const outcome = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Outcome;
  const cpu = ((readTicks(proxy.pid) - before) * TICK_US) / Math.max(1, outcome.req);
  return {
    name: proxy.name,
    cpu,
    requests: outcome.req,
    errors: outcome.err,
    perSecond: outcome.rps,
    p50: outcome.p50 / 1000,
    p99: outcome.p99 / 1000,
  };
}

/** User and system time of a process and of all below it. */
export function readTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]) + childrenOf(pid).reduce((sum, child) => sum + readTicks(child), 0);
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number),
  );
}
