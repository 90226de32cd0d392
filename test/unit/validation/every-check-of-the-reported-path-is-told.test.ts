import t from 'tap';
import type { CheckStep } from '../../../src/validation/inspect.ts';
import { makeRoot } from '../../kit/pki.ts';
import { ask, askChain, DAY_MS, NOW, refuses } from './ask.ts';
import { nameConstraints } from './name-constraints.ts';

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
  '+ alice: misplaced-constraints',
  '+ alice: validity',
  '+ alice: key-usage',
  '+ alice: extended-key-usage',
];

function issuerSteps(name: string) {
  return [
    `+ ${name}: version`,
    `+ ${name}: public-key`,
    `+ ${name}: critical-extensions`,
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
  t.strictSame(
    steps,
    [...LEAF, ...inner, '+ Inner: signature', ...issuerSteps('Root'), '+ Root: policies'],
    'and of no other',
  );
});

t.test('of a refused one, all of the certificate that broke it', async (t) => {
  const broken = makeRoot({ name: 'Root' }).intermediate({ cn: 'Inner', ca: false, keyUsage: ['cRLSign'] });
  const steps = stepsOf((trace) => askChain(broken.client(), { trace }));
  const failed = new Set(['+ Inner: basic-constraints', '+ Inner: key-usage']);
  const inner = issuerSteps('Inner').map((step) => (failed.has(step) ? step.replace('+', '-') : step));
  t.strictSame(steps, [...LEAF, ...inner], 'and nothing above it');
  const result = askChain(broken.client());
  refuses(t, result, ['certificate-invalid', 'basic-constraints', broken], 'the first of them is the refusal');
});

t.test('of a leaf with several faults', async (t) => {
  const leaf = makeRoot().client({
    notAfter: NOW - DAY_MS,
    notBefore: NOW - 2 * DAY_MS,
    keyUsage: ['keyAgreement'],
    eku: ['1.2.3'],
  });
  const steps = stepsOf((trace) => askChain(leaf, { trace }));
  const failed = ['- alice: validity', '- alice: key-usage', '- alice: extended-key-usage'];
  t.strictSame(steps.slice(0, LEAF.length), [...LEAF.slice(0, 4), ...failed], 'each is told');
  refuses(t, askChain(leaf), ['certificate-expired', 'validity', leaf], 'the most telling is the refusal');
});

t.test('of constraints on names', async (t) => {
  const inner = makeRoot({ name: 'Root' }).intermediate({
    cn: 'Inner',
    extensions: [nameConstraints({ permitted: [['dns', 'corp.example']] })],
  });
  const good = stepsOf((trace) => askChain(inner.client({ san: [{ kind: 'dns', value: 'corp.example' }] }), { trace }));
  t.ok(good.includes('+ Inner: name-constraints'), 'where they are kept, it is told of whose they are');
  const bad = stepsOf((trace) => askChain(inner.client({ san: [{ kind: 'dns', value: 'other' }] }), { trace }));
  t.strictSame(bad.at(-1), '- alice: name-constraints', 'where they are not, it is told of whom they constrain');
});

t.test('of one that nobody has issued', async (t) => {
  const steps = stepsOf((trace) => ask({ leaf: makeRoot().client(), anchors: [], trace }));
  t.strictSame(steps, [...LEAF, '- alice: issuer'], 'the search is a check too');
});
