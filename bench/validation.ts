// What does a verdict cost? CPU of reading and validating a chain that a client has sent, beside what node:crypto alone takes.
//
// `--json`: the same as data. Exit 1 when a P-256 chain of three takes more than it may.

import { cpus } from 'node:os';
import { measureCpuMs } from './validation/cpu.ts';
import { makeScenarios, type Scenario, verifyWithNode } from './validation/scenarios.ts';

/** For the first row: a P-256 chain of three. In ms. */
const MOST_MS = 0.8;

interface Measured {
  readonly name: string;
  /** CPU of one verdict in ms: the first of its kind in this process, then of chains never seen before, and of one chain over and over. */
  readonly firstMs: number;
  readonly newMs: number;
  readonly againMs: number;
  /** Parsing and checking two signatures with node:crypto, of chains never seen before. */
  readonly nodeMs: number;
}

async function measure({ name, chains, judge, anchorKey }: Scenario): Promise<Measured> {
  const [first, ...others] = chains;
  if (first === undefined) throw new Error(`${name} has no chain`);
  const firstMs = await measureCpuMs([() => judge(first)], 1);
  return {
    name,
    firstMs,
    newMs: await measureCpuMs(others.map((chain) => () => judge(chain))),
    againMs: await measureCpuMs([() => judge(first)]),
    nodeMs: await measureCpuMs(others.map((chain) => () => verifyWithNode(chain, anchorKey))),
  };
}

const rows: Measured[] = [];
for (const scenario of makeScenarios()) rows.push(await measure(scenario));
const machine = { cpu: cpus()[0]?.model ?? 'unknown', node: process.version, openssl: process.versions.openssl };
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ ...machine, rows }, null, 2)}\n`);
else process.stdout.write(`${machine.cpu}, Node ${machine.node}, OpenSSL ${machine.openssl}\n\n${tableOf(rows)}`);
process.exitCode = (rows[0]?.newMs ?? Number.POSITIVE_INFINITY) <= MOST_MS ? 0 : 1;

function tableOf(list: readonly Measured[]): string {
  const lines = [
    ['CPU of one verdict, ms', 'first time', 'new chains', 'one chain again', 'node:crypto alone'],
    ['---', '---:', '---:', '---:', '---:'],
    ...list.map(({ name, ...numbers }) => [
      name,
      ...[numbers.firstMs, numbers.newMs, numbers.againMs, numbers.nodeMs].map((ms) => ms.toFixed(2)),
    ]),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
