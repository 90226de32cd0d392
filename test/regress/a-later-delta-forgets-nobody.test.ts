// A delta for a later base pushed out the one before, and whom only that one had named was accepted again.

import t from 'tap';
import { adoptLists, type GenuineList } from '../../src/revocation/adopt-lists.ts';
import { recognizeList } from '../../src/revocation/genuine-lists.ts';
import { makeRoot, type TestCrl } from '../kit/pki.ts';
import { ask, DAY_MS, NOW } from '../unit/revocation/ask.ts';
import { deltaOf } from '../unit/revocation/crl-extensions.ts';

const HOUR_MS = 3_600_000;
const root = makeRoot();
const alice = root.client();
const base = (number: number | null, hoursAgo: number, revoked: string[] = []) =>
  root.crl({ number, thisUpdate: NOW - hoursAgo * HOUR_MS, nextUpdate: NOW + 5 * DAY_MS, revoked });
const delta = (number: number, builtOn: number, hoursAgo: number, options: Parameters<typeof root.crl>[0] = {}) =>
  root.crl({ number, thisUpdate: NOW - hoursAgo * HOUR_MS, extensions: [deltaOf(builtOn)], ...options });

const naming = delta(5, 3, 4, { revoked: [alice] });
const later = delta(7, 6, 1);
const statusOf = (...lists: TestCrl[]) => ask(alice, lists)[0]?.status;

t.test('whom an earlier delta has named stays revoked until the base is there', async (t) => {
  const old = base(4, 5);
  t.equal(statusOf(old), 'good');
  t.equal(statusOf(old, delta(6, 3, 2)), 'good');
  t.equal(statusOf(old, naming), 'revoked');
  t.equal(statusOf(old, naming, later), 'revoked');
  t.equal(statusOf(old, naming, delta(6, 4, 2)), 'good', 'a later one for this base takes it back');
  t.equal(statusOf(base(6, 2), naming, later), 'good', 'and so does a later base');
  t.equal(statusOf(base(6, 2, [alice.facts.serial]), naming, later), 'revoked');
});

t.test('what a later delta knows better lifts no hold', async (t) => {
  const held = root.crl({
    number: 4,
    thisUpdate: NOW - 5 * HOUR_MS,
    nextUpdate: NOW + 5 * DAY_MS,
    revoked: [{ serial: alice.facts.serial, reason: 'certificateHold' }],
  });
  const lifting = delta(5, 3, 4, { revoked: [{ serial: alice.facts.serial, reason: 'removeFromCRL' }] });
  t.equal(statusOf(held, lifting), 'good');
  t.equal(statusOf(held, lifting, later), 'revoked', 'the base that it builds on may list it again');
});

t.test('an address keeps both', async (t) => {
  const genuine = (list: TestCrl): GenuineList => {
    const found = recognizeList(list.facts, [root.facts]);
    if (found === undefined) throw new Error('not signed by the root');
    return found;
  };
  const numbersAfter = (known: TestCrl, arrived: TestCrl) =>
    adoptLists([genuine(known)], [genuine(arrived)], NOW).lists.map(({ crl }) => crl.crlNumber);
  t.strictSame(numbersAfter(naming, delta(6, 3, 2)), [6n], 'one for the same base takes its place');
  t.strictSame(numbersAfter(naming, later), [7n, 5n]);
  const over = delta(5, 3, 4, { revoked: [alice], nextUpdate: NOW - HOUR_MS });
  t.strictSame(numbersAfter(over, later), [7n, 5n], 'run out or not');
  t.strictSame(numbersAfter(later, naming), [7n], 'an older one is not taken');
});

t.test('a base without a number silences no delta', async (t) => {
  t.equal(statusOf(base(null, 5)), 'good');
  t.equal(statusOf(base(null, 5), naming), 'revoked');
  t.equal(statusOf(base(null, 3), naming), 'good', 'which is older');
});
