// What does a request cost here, and what with others? The same work by nginx, HAProxy, Caddy, Apache and the gateway, all
// of them on one processor in one run, in turns, so that whatever else the machine does is shared among them.
//
// BENCH_DIR names the folder that the `setup.sh` of the benchmark made: load generator, upstream, certificates, and the
// configurations of the others. Words: workloads (W1 when left out); `--rounds=N`, `--seconds=N`, `--rules=N`.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Measured, measureRound } from './peers/measure.ts';
import { startAll } from './peers/proxies.ts';
import { writeTable } from './peers/report.ts';
import { WORKLOADS } from './peers/workloads.ts';

const folder = process.env.BENCH_DIR ?? '';
if (!existsSync(join(folder, 'bin', 'lg'))) {
  process.stdout.write('SKIPPED: set BENCH_DIR to the folder that setup.sh of the benchmark made\n');
  process.exit(0);
}

const words = process.argv.slice(2);
const optionOf = (name: string, otherwise: number) =>
  Number(words.find((word) => word.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise);
const wanted = words.filter((word) => !word.startsWith('--'));
const seconds = optionOf('seconds', 4);

for (const name of wanted.length > 0 ? wanted : ['W1']) {
  const workload = WORKLOADS[name];
  if (workload === undefined) throw new Error(`no workload ${name}; there are ${Object.keys(WORKLOADS).join(', ')}`);
  const running = await startAll(folder, { rules: optionOf('rules', 100), keys: workload.keys });
  try {
    const rows: Measured[] = [];
    // Compilers and caches get what they need; it is not counted.
    for (const proxy of running.proxies) await measureRound(folder, proxy, workload, 2 * seconds);
    for (let round = 0; round < optionOf('rounds', 3); round++) {
      for (const proxy of running.proxies) rows.push(await measureRound(folder, proxy, workload, seconds));
    }
    process.stdout.write(writeTable(name, rows));
  } finally {
    await running.stop();
  }
}
