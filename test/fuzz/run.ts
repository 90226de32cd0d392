// Fuzzes one target for a while: node test/fuzz/run.ts --target certificate --minutes 30 --seed 1
//
// One JSON line a minute, and one at the end, on standard output; exit 1 when something was found. `--corpus FOLDER`: JSON
// and PEM files to take further seeds from. `--findings FOLDER`: where what is found goes, the project's own by default.

import { hash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readSources } from '../repo/sources.ts';
import { FINDINGS, writeFinding } from './findings.ts';
import type { Disagreements } from './openssl.ts';
import { createRandom } from './random.ts';
import { readCorpus } from './seeds/corpus.ts';
import { createSession, type Session } from './session.ts';
import { isTargetName, TARGETS, type TargetName } from './targets.ts';

const MINUTE_MS = 60_000;
/** Between two looks at the clock. */
const STEPS = 200;
/** OpenSSL sees one in so many certificates that are accepted. */
const SAMPLE_EVERY = 100;
/** What may stay in use after the first minute: the corpus and the outcomes, which are bounded, and compiled code. */
const MOST_GROWTH_BYTES = 96 * 1024 * 1024;

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    corpus: { type: 'string' },
    findings: { type: 'string', default: FINDINGS },
  },
});
const name = values.target ?? '';
if (!isTargetName(name)) throw new Error(`--target is one of ${Object.keys(TARGETS).join(', ')}`);

/** Tells which state of the sources was run. */
const code = hash(
  'sha256',
  readSources()
    .map(({ file, text }) => `${file}\n${text}`)
    .join('\n'),
).slice(0, 12);
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
const disagreements: Disagreements = new Map();
const targetName: TargetName = name;
const target = TARGETS[name]({ corpus: readCorpus(values.corpus), disagreements, sampleEvery: SAMPLE_EVERY });
const session = createSession(target, createRandom(Number(values.seed)));
const start = performance.now();
const end = start + Number(values.minutes) * MINUTE_MS;
let [nextReport, usedAtFirst, told] = [start + MINUTE_MS, 0, 0];
report('begin');
while (performance.now() < end) {
  for (let step = 0; step < STEPS; step++) session.step();
  tellFailures(session);
  if (performance.now() < nextReport) continue;
  nextReport += MINUTE_MS;
  report('running');
}
const used = report('end');
for (const [what, der] of disagreements) print({ openssl: what, base64: Buffer.from(der).toString('base64') });
const hasGrown = usedAtFirst > 0 && used - usedAtFirst > MOST_GROWTH_BYTES;
if (hasGrown) print({ found: 'memory grows', bytes: used - usedAtFirst });
process.exitCode = hasGrown || session.failures.length > 0 ? 1 : 0;

function tellFailures({ failures }: Session): void {
  for (const { error, input } of failures.slice(told)) {
    const file = `${name}-${hash('sha256', input).slice(0, 12)}`;
    const finding = {
      target: targetName,
      found: error,
      base64: Buffer.from(input).toString('base64'),
    };
    print({ found: error, file: writeFinding(values.findings, file, finding) });
  }
  told = failures.length;
}

/** Gives the bytes in use after a collection. */
function report(state: 'begin' | 'running' | 'end'): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  const bytes = heapUsed + external;
  const seconds = (performance.now() - start) / 1000;
  if (state === 'running' && usedAtFirst === 0) usedAtFirst = bytes;
  const accepted = [...session.outcomes].reduce(
    (sum, [key, count]) => sum + (key.startsWith('accepted') ? count : 0),
    0,
  );
  print({
    state,
    target: name,
    seed: Number(values.seed),
    seeds: target.seeds.length,
    seconds: Math.round(seconds),
    executions: session.executions,
    accepted,
    outcomes: session.outcomes.size,
    corpus: session.corpus.length,
    findings: session.failures.length,
    slowestMs: Math.round(session.slowestMs),
    usedMiB: Math.round(bytes / 1024 / 1024),
    node: process.version,
    code,
  });
  return bytes;
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
