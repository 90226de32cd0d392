import t from 'tap';
import { createCrlStore } from '../../../src/revocation/crl-store.ts';
import { makeRoot } from '../../kit/pki.ts';
import { ask, DAY_MS, NOW, noteOf, statusesOf } from './ask.ts';

const root = makeRoot({ name: 'Root' });
const intermediate = root.intermediate({ cn: 'Inner' });
const leaf = intermediate.client();
const rootCrl = root.crl({ thisUpdate: NOW - DAY_MS, nextUpdate: NOW + DAY_MS });

t.test('good', async (t) => {
  const crl = intermediate.crl({ revoked: ['01'], thisUpdate: NOW - DAY_MS, nextUpdate: NOW + DAY_MS });
  t.strictSame(ask(leaf, [crl, rootCrl]), [
    {
      status: 'good',
      source: 'crl',
      producedAt: NOW - DAY_MS,
      nextUpdate: NOW + DAY_MS,
      revokedAt: undefined,
      note: undefined,
    },
    {
      status: 'good',
      source: 'crl',
      producedAt: NOW - DAY_MS,
      nextUpdate: NOW + DAY_MS,
      revokedAt: undefined,
      note: undefined,
    },
  ]);
});

t.test('a revoked leaf', async (t) => {
  const { serial } = leaf.facts;
  const crl = intermediate.crl({ revoked: [{ serial, revokedAt: NOW - 1000, reason: 'keyCompromise' }] });
  const [answer, above] = ask(leaf, [crl, rootCrl]);
  t.match(answer, { status: 'revoked', source: 'crl', revokedAt: NOW - 1000, note: 'keyCompromise' });
  t.equal(above?.status, 'good');
  t.match(ask(leaf, [intermediate.crl({ revoked: [leaf] }), rootCrl])[0], { status: 'revoked', note: 'unspecified' });
});

t.test('a revoked intermediate', async (t) => {
  t.strictSame(statusesOf(leaf, [intermediate.crl(), root.crl({ revoked: [intermediate] })]), ['good', 'revoked']);
});

t.test('a serial number belongs to its issuer', async (t) => {
  const sameSerial = root.crl({ revoked: [leaf.facts.serial] });
  t.strictSame(statusesOf(leaf, [intermediate.crl(), sameSerial]), ['good', 'good']);
});

t.test('no list', async (t) => {
  t.strictSame(statusesOf(leaf, []), ['unknown', 'unknown']);
  t.strictSame(statusesOf(leaf, [rootCrl]), ['unknown', 'good']);
  t.equal(noteOf(leaf, [rootCrl]), 'no CRL of CN=Inner is known');
});

t.test('a leaf that is itself the anchor has nobody above it to ask', async (t) => {
  const store = createCrlStore({ crls: [rootCrl.facts], authorities: [] });
  t.strictSame(await store.answersFor([leaf.facts], NOW, 0), []);
});

t.test('the generation', async (t) => {
  const crl = intermediate.crl();
  const generationOf = (...crls: (typeof crl)[]) =>
    createCrlStore({ crls: crls.map(({ facts }) => facts), authorities: [] }).generation;
  t.match(generationOf(crl), /^[0-9a-f]{64}$/);
  t.equal(generationOf(rootCrl, crl, crl), generationOf(crl, rootCrl), 'order and repetition do not count');
  t.not(generationOf(crl), generationOf(crl, rootCrl), 'content does');
});
