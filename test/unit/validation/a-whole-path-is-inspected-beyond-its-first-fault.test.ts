// What `explain` and `pki lint` are told of a path: as the validator says where it accepts, and more where it refuses.

import t from 'tap';
import type { CheckStep } from '../../../src/validation/inspect.ts';
import { type InspectedPath, inspectPath } from '../../../src/validation/inspect-path.ts';
import type { ValidationOptions } from '../../../src/validation/options.ts';
import { validationOptions } from '../../../src/validation/options.ts';
import { makeKey, makeRoot, PURPOSE, type TestCertificate } from '../../kit/pki.ts';
import { ask, DAY_MS, NOW } from './ask.ts';
import { nameConstraints } from './name-constraints.ts';

interface Question {
  readonly presented?: readonly TestCertificate[];
  readonly anchors?: readonly TestCertificate[];
  readonly options?: Partial<ValidationOptions>;
}

function inspect(leaf: TestCertificate, question: Question = {}): InspectedPath {
  const { presented = leaf.issuers.slice(0, -1), anchors = [leaf.root], options } = question;
  return inspectPath({
    leaf: leaf.facts,
    presented: presented.map(({ facts }) => facts),
    anchors: anchors.map(({ facts }) => facts),
    intermediates: [],
    at: NOW,
    options: { ...validationOptions.parse({}), ...options },
  });
}

const nameOf = (certificate: CheckStep['certificate']) => certificate.subject.rdns.at(-1)?.[0]?.value;

function outline({ certificates }: InspectedPath): string[] {
  return certificates.map(({ certificate, role }) => `${role} ${nameOf(certificate)}`);
}

function failures({ certificates }: InspectedPath): string[] {
  const failed = certificates.flatMap(({ steps }) => steps.filter(({ passed }) => !passed));
  return failed.map(({ certificate, check, code }) => `${nameOf(certificate)} ${check}: ${code}`);
}

const PATH = ['leaf alice', 'intermediate Inner', 'anchor Root'];

t.test('a verified path is told by the checks that verified it', async (t) => {
  const root = makeRoot({ name: 'Root' });
  const inner = root.intermediate({
    cn: 'Inner',
    extensions: [nameConstraints({ permitted: [['dns', 'a.example']] })],
  });
  const leaf = inner.client({ san: [{ kind: 'dns', value: 'www.a.example' }] });
  const traced: CheckStep[] = [];
  ask({ leaf, presented: [inner], anchors: [root], trace: (step) => traced.push(step) });
  const found = inspect(leaf);
  t.equal(found.refusal, undefined);
  t.strictSame(outline(found), PATH);
  const told = found.certificates.flatMap(({ steps }) => steps);
  const key = ({ check, certificate }: CheckStep) => `${nameOf(certificate)} ${check}`;
  t.strictSame(told.map(key).sort(), traced.map(key).sort());
  t.ok(told.every(({ passed, code }) => passed && code === undefined));
});

t.test('behind a fault of the leaf the path goes on', async (t) => {
  const inner = makeRoot({ name: 'Root' }).intermediate({
    cn: 'Inner',
    notAfter: NOW - DAY_MS,
    notBefore: NOW - 9 * DAY_MS,
  });
  const good = makeRoot({ name: 'Root' }).intermediate({ cn: 'Inner' }).client();
  t.strictSame([outline(inspect(good)), failures(inspect(good))], [PATH, []]);
  const found = inspect(inner.client({ key: 'rsa1024', eku: [PURPOSE.serverAuth], signWith: makeKey('ec') }));
  t.match(found.refusal, { code: 'certificate-invalid', check: 'public-key' });
  t.strictSame(outline(found), PATH);
  t.strictSame(failures(found), [
    'alice public-key: certificate-invalid',
    'alice extended-key-usage: certificate-usage',
    'alice signature: certificate-invalid',
    'Inner validity: certificate-expired',
  ]);
});

t.test('a purpose that nobody below allows is told once', async (t) => {
  const inner = makeRoot({ name: 'Root' }).intermediate({ cn: 'Inner', eku: [PURPOSE.clientAuth] });
  t.strictSame(failures(inspect(inner.client())), []);
  const found = inspect(inner.client({ eku: [PURPOSE.serverAuth] }));
  t.match(found.refusal, { code: 'certificate-usage' });
  t.strictSame(failures(found), ['alice extended-key-usage: certificate-usage']);
});

t.test('limits and names are counted along the whole path', async (t) => {
  const root = makeRoot({ name: 'Root', pathLength: 0 });
  const excluded = nameConstraints({ excluded: [['dns', 'b.example']] });
  const inner = root.intermediate({ cn: 'Outer', extensions: [excluded] }).intermediate({ cn: 'Inner' });
  const found = inspect(inner.client({ san: [{ kind: 'dns', value: 'b.example' }] }));
  t.strictSame(outline(found), ['leaf alice', 'intermediate Inner', 'intermediate Outer', 'anchor Root']);
  t.strictSame(failures(found).sort(), [
    'Root path-length: certificate-invalid',
    'alice name-constraints: certificate-invalid',
  ]);
});

t.test('of two issuers of one name the one that has signed is followed', async (t) => {
  const root = makeRoot({ name: 'Root' });
  const inner = root.intermediate({ cn: 'Inner' });
  const namesake = makeRoot({ name: 'Other Root' }).intermediate({ cn: 'Inner' });
  const leaf = inner.client({ key: 'rsa1024', authorityKeyId: null });
  for (const presented of [
    [inner, namesake],
    [namesake, inner],
  ]) {
    const found = inspect(leaf, { presented });
    t.strictSame(outline(found), PATH);
    t.strictSame(failures(found), ['alice public-key: certificate-invalid']);
  }
});

t.test('without an anchor it ends where nothing is known', async (t) => {
  const foreign = makeRoot({ name: 'Foreign' });
  const leaf = foreign.client();
  const found = inspect(leaf, { presented: [foreign], anchors: [makeRoot({ name: 'Root' })] });
  t.strictSame(outline(found), ['leaf alice', 'intermediate Foreign']);
  t.strictSame(failures(found), ['Foreign issuer: certificate-untrusted']);
  const bare = inspect(leaf, { presented: [], anchors: [] });
  t.strictSame([outline(bare), failures(bare)], [['leaf alice'], ['alice issuer: certificate-untrusted']]);
});

t.test('its length is bounded', async (t) => {
  let authority = makeRoot({ name: 'Root' });
  for (const name of ['A', 'B', 'C']) authority = authority.intermediate({ cn: name });
  const leaf = authority.client();
  t.equal(outline(inspect(leaf)).length, 5);
  const found = inspect(leaf, { options: { maxPathLength: 3 } });
  t.match(found.refusal, { check: 'path-limit' });
  t.strictSame(outline(found), ['leaf alice', 'intermediate C', 'intermediate B']);
});
