import t from 'tap';
import { authoritiesOf, createTrustStore } from '../../../src/trust/trust-store.ts';
import { makeKey, makeRoot, type TestCertificate } from '../../kit/pki.ts';

const NOW = Date.now();
const DAY_MS = 86_400_000;

function create(certificates: readonly TestCertificate[], { partialChain = false, name = 'corporate' } = {}) {
  return createTrustStore({ name, certificates: certificates.map(({ facts }) => facts), partialChain, at: NOW });
}

function facts(...certificates: readonly TestCertificate[]) {
  return certificates.map((certificate) => certificate.facts);
}

const root = makeRoot({ name: 'Root' });
const intermediate = root.intermediate({ cn: 'Inner' });

t.test('roots are anchors, the rest is for building', async (t) => {
  const { store, problems, notes } = create([intermediate, root]);
  t.equal(store?.name, 'corporate');
  t.strictSame(store?.anchors, facts(root));
  t.strictSame(store?.intermediates, facts(intermediate));
  t.strictSame(problems, []);
  t.strictSame(notes, ['not self-signed: used as intermediate: CN=Inner']);
});

t.test('a certificate that is there twice counts once', async (t) => {
  const { store, notes } = create([root, intermediate, root, intermediate]);
  t.strictSame(store?.anchors, facts(root));
  t.strictSame(store?.intermediates, facts(intermediate));
  t.equal(notes.length, 1);
});

t.test('a store without an anchor is of no use', async (t) => {
  for (const certificates of [[], [intermediate]]) {
    const { store, problems } = create(certificates);
    t.equal(store, undefined);
    t.strictSame(problems, ['trust store corporate has no anchor: no path could end in it']);
  }
});

t.test('with partialChain an intermediate is an anchor too', async (t) => {
  const { store, problems, notes } = create([intermediate], { partialChain: true });
  t.strictSame(store?.anchors, facts(intermediate));
  t.strictSame(store?.intermediates, []);
  t.strictSame(problems, []);
  t.strictSame(notes, ['not self-signed: used as anchor because of partialChain: CN=Inner']);
});

t.test('a renewed key under the old name is no root', async (t) => {
  const renewed = root.intermediate({ cn: 'Root' });
  t.equal(renewed.facts.issuer.matchKey, renewed.facts.subject.matchKey, 'it is self-issued');
  t.strictSame(create([root, renewed]).store?.intermediates, facts(renewed), 'signed by the old key');
  const forged = makeRoot({ name: 'Root', signWith: makeKey('ec') });
  t.strictSame(create([root, forged]).store?.intermediates, facts(forged), 'signed by a stranger');
  const foreign = makeRoot({ issuerName: [{ type: 'CN', value: 'Stranger' }] });
  t.strictSame(create([root, foreign]).store?.intermediates, facts(foreign), 'under another issuer’s name');
});

t.test('old roots', async (t) => {
  for (const key of ['ec', 'rsa2048'] as const) {
    const old = makeRoot({ key, signatureHash: 'sha1' });
    t.strictSame(create([old]).store?.anchors, facts(old), `${key}: a SHA-1 signature of its own`);
  }
  const first = makeRoot({ version: 1 });
  t.strictSame(create([first]).store?.anchors, facts(first), 'version 1');
});

t.test('a client’s own certificate is accepted as itself with partialChain only', async (t) => {
  const alice = root.client();
  const selfSigned = makeRoot({ name: 'bob', ca: false, keyUsage: ['digitalSignature'] });
  for (const client of [alice, selfSigned]) {
    const without = create([root, client]);
    t.strictSame(without.store?.anchors, facts(root), 'left out without');
    t.strictSame(without.store?.intermediates, []);
    t.match(without.warnings, [/^no certificate authority: left out, set partialChain .*: CN=(alice|bob)$/]);
    const withIt = create([root, client], { partialChain: true });
    t.strictSame(withIt.store?.anchors, facts(root, client), 'an anchor with');
    t.match(withIt.warnings, [/^no certificate authority: accepted as a client certificate itself.*: CN=(alice|bob)$/]);
    t.strictSame(withIt.store && authoritiesOf(withIt.store), facts(root), 'but no authority');
  }
});

t.test('dates are noted', async (t) => {
  const expired = makeRoot({ name: 'Old', notBefore: NOW - 2 * DAY_MS, notAfter: NOW - DAY_MS });
  const future = makeRoot({ name: 'Next', notBefore: NOW + DAY_MS, notAfter: NOW + 2 * DAY_MS });
  const { store, warnings } = create([root, expired, future]);
  t.strictSame(store?.anchors, facts(root, expired, future), 'they are kept: time goes on');
  t.match(warnings, [/^expired on .*Z, accepts nobody: CN=Old$/, /^not valid before .*Z: CN=Next$/]);
});

t.test('authorities', async (t) => {
  const { store } = create([intermediate, root]);
  t.strictSame(store && authoritiesOf(store), facts(root, intermediate), 'anchors first');
});

t.test('the content hash', async (t) => {
  const hashOf = (...input: Parameters<typeof create>) => create(...input).store?.contentHash;
  const hash = hashOf([root, intermediate]);
  t.match(hash, /^[0-9a-f]{64}$/);
  t.equal(hashOf([intermediate, root, root], { name: 'other' }), hash, 'order, repetition and name do not count');
  t.not(hashOf([root]), hash, 'content does');
  t.not(hashOf([root, intermediate], { partialChain: true }), hash, 'and so does what it is used for');
});
