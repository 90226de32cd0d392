import t from 'tap';
import type { CheckStep } from '../../../src/validation/inspect.ts';
import { makeRoot } from '../../kit/pki.ts';
import { ask, askChain } from './ask.ts';

function stepsOf(run: (trace: (step: CheckStep) => void) => unknown): string[] {
  const steps: string[] = [];
  run(({ check, certificate, passed, note }) => {
    const name = certificate.subject.rdns.at(-1)?.[0]?.value;
    t.equal(passed, note === undefined, 'a note says what is wrong, and only that');
    steps.push(`${passed ? '+' : '-'} ${name}: ${check}`);
  });
  return steps;
}

const LEAF = [
  '+ alice: version',
  '+ alice: public-key',
  '+ alice: critical-extensions',
  '+ alice: unsupported-constraints',
  '+ alice: validity',
  '+ alice: key-usage',
  '+ alice: extended-key-usage',
];

function issuerSteps(name: string) {
  return [
    `+ ${name}: version`,
    `+ ${name}: public-key`,
    `+ ${name}: critical-extensions`,
    `+ ${name}: unsupported-constraints`,
    `+ ${name}: subject-name`,
    `+ ${name}: basic-constraints`,
    `+ ${name}: path-length`,
    `+ ${name}: key-usage`,
    `+ ${name}: validity`,
    `+ ${name}: extended-key-usage`,
  ];
}

t.test('of an accepted path', async (t) => {
  const root = makeRoot({ name: 'Root' });
  const leaf = root.intermediate({ cn: 'Inner' }).client();
  const dead = makeRoot({ name: 'Inner' });
  const steps = stepsOf((trace) => ask({ leaf, presented: [dead, ...leaf.issuers], anchors: [root], trace }));
  const inner = ['+ alice: signature', ...issuerSteps('Inner')];
  t.strictSame(steps, [...LEAF, ...inner, '+ Inner: signature', ...issuerSteps('Root')], 'and of no other');
});

t.test('of a refused one, up to what broke it', async (t) => {
  const broken = makeRoot({ name: 'Root' }).intermediate({ cn: 'Inner', ca: false });
  const steps = stepsOf((trace) => askChain(broken.client(), { trace }));
  t.strictSame(
    steps,
    [...LEAF, ...issuerSteps('Inner').slice(0, 5), '- Inner: basic-constraints'],
    'the last one failed',
  );
});

t.test('of one that nobody has issued', async (t) => {
  const steps = stepsOf((trace) => ask({ leaf: makeRoot().client(), anchors: [], trace }));
  t.strictSame(steps, [...LEAF, '- alice: issuer'], 'the search is a check too');
});
