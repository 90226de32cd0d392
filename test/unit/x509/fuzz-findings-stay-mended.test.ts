import t from 'tap';
import { readFindings } from '../../fuzz/findings.ts';
import { createRandom } from '../../fuzz/random.ts';
import { attempt, createSession } from '../../fuzz/session.ts';
import { mustBe, type Target } from '../../fuzz/target.ts';
import { TARGETS, type TargetName } from '../../fuzz/targets.ts';

/** Enough to see that the harness and its targets work; half an hour of it is for `npm run fuzz`. */
const STEPS = 150;

const made = new Map<TargetName, Target>();

function targetOf(name: TargetName): Target {
  const target = made.get(name) ?? TARGETS[name]({ corpus: new Map(), disagreements: new Map(), sampleEvery: 1 });
  made.set(name, target);
  return target;
}

t.test('what fuzzing has found', async (t) => {
  const findings = readFindings();
  t.ok(findings.length > 0);
  for (const { file, finding } of findings) {
    const { outcome, failure } = attempt(targetOf(finding.target), Buffer.from(finding.base64, 'base64'));
    t.equal(failure?.error, undefined, `${file}: ${finding.found}`);
    t.type(outcome, 'string');
  }
});

for (const name of Object.keys(TARGETS) as TargetName[]) {
  t.test(`a short run of ${name} finds nothing`, async (t) => {
    const target = targetOf(name);
    t.equal(target.name, name);
    for (const seed of target.seeds) t.equal(attempt(target, seed).failure?.error, undefined, 'seeds are sound');
    const session = createSession(target, createRandom(1));
    for (let step = 0; step < STEPS; step++) session.step();
    const errors = session.failures.filter(({ kind }) => kind !== 'slow').map(({ error }) => error);
    t.strictSame(errors, []);
    t.ok(session.outcomes.size > 1, 'inputs differ');
  });
}

t.test('the harness finds what is there, and makes it small', async (t) => {
  const broken: Target = {
    name: 'broken',
    shape: 'der',
    maxBytes: 10_000,
    seeds: [Uint8Array.of(0x30, 6, 2, 1, 1, 2, 1, 2)],
    run: (input) => {
      mustBe(input[0] !== 0x31, 'it is no SET', () => `${input.length}`);
      if (input[1] === 0x80) throw new TypeError('length');
      return 'read';
    },
  };
  const session = createSession(broken, createRandom(1));
  for (let step = 0; step < 2000; step++) session.step();
  const found = session.failures.map(({ kind, input }) => [kind.split('  ')[0], input.length]);
  t.same(
    new Map(found.map(([kind, length]) => [kind, length])),
    new Map([
      ['it is no SET', 1],
      ['TypeError: length', 2],
    ]),
  );
});
