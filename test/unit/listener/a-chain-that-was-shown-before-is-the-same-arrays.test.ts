// What a client shows on its many connections is kept once, and no other chain is taken for it, be it of the same leaf.

import t from 'tap';
import { createKnownChains } from '../../../src/listener/known-chains.ts';
import { makeRoot } from '../../kit/pki.ts';

const root = makeRoot();
const issuing = root.intermediate();
const alice = issuing.client({ cn: 'alice' }).der;
const bob = issuing.client({ cn: 'bob' }).der;
const copy = (der: Uint8Array) => Buffer.from(der);

t.test('the same bytes', async (t) => {
  const chains = createKnownChains();
  const first = chains.of(copy(alice), [copy(issuing.der)]);
  const other = chains.of(copy(bob), [copy(issuing.der)]);
  const again = chains.of(copy(alice), [copy(issuing.der)]);
  t.equal(again.leaf, first.leaf);
  t.equal(again.presented, first.presented);
  t.not(other.leaf, first.leaf);
  t.strictSame(other, { leaf: copy(bob), presented: [copy(issuing.der)] });
});

t.test('other bytes', async (t) => {
  const malleated = copy(alice);
  malleated.writeUInt8(malleated.readUInt8(20) ^ 1, 20);
  for (const [leaf, presented] of [
    [malleated, [issuing.der]],
    [alice, []],
    [alice, [root.der]],
    [alice, [issuing.der, root.der]],
    [alice, [issuing.der.subarray(0, -1)]],
  ] as const) {
    const chains = createKnownChains();
    const first = chains.of(copy(alice), [copy(issuing.der)]);
    const other = chains.of(copy(leaf), presented.map(copy));
    t.not(other.leaf, first.leaf);
    t.not(other.presented, first.presented);
    t.strictSame(other, { leaf: copy(leaf), presented: presented.map(copy) });
    t.throws(() => (other.presented as Uint8Array[]).push(alice), TypeError, 'nobody can add to it');
  }
});

t.test('large ones are not kept', async (t) => {
  const chains = createKnownChains();
  const large = Buffer.alloc(17 * 1024, 1);
  t.not(chains.of(alice, [large]).presented, chains.of(copy(alice), [copy(large)]).presented);
});
