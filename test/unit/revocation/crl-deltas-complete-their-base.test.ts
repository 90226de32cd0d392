import t from 'tap';
import { makeKey, makeRoot } from '../../kit/pki.ts';
import { ask, DAY_MS, NOW, noteOf } from './ask.ts';
import { deltaOf, issuingDistributionPoint } from './crl-extensions.ts';

const root = makeRoot({ name: 'Root' });
const leaf = root.client();
const { serial } = leaf.facts;
const named = (reason?: string) => [reason === undefined ? { serial } : { serial, reason }];

type Options = Parameters<typeof root.crl>[0];
const baseList = (options: Options = {}) => root.crl({ number: 5, thisUpdate: NOW - DAY_MS, ...options });
const delta = (options: Options = {}, base = 5) =>
  root.crl({ number: 7, thisUpdate: NOW - 1000, extensions: [deltaOf(base)], ...options });

t.test('a delta adds to its base', async (t) => {
  t.equal(noteOf(leaf, [baseList(), delta()]), 'good', 'nothing to add');
  t.equal(noteOf(leaf, [baseList(), delta({ revoked: named('keyCompromise') })]), 'revoked');
  t.equal(noteOf(leaf, [baseList({ revoked: named() }), delta()]), 'revoked', 'what the base says stays');
  t.equal(noteOf(leaf, [baseList({ number: 6 }), delta({ revoked: named() })]), 'revoked', 'a newer base too');
  const newest = [delta(), delta({ number: 8, revoked: named() })];
  t.equal(noteOf(leaf, [baseList(), ...newest]), 'revoked', 'the newest of two');
});

t.test('a hold is lifted, and nothing else', async (t) => {
  const lifting = delta({ revoked: named('removeFromCRL') });
  t.equal(noteOf(leaf, [baseList({ revoked: named('certificateHold') })]), 'revoked', 'held');
  t.equal(noteOf(leaf, [baseList({ revoked: named('certificateHold') }), lifting]), 'good');
  t.equal(noteOf(leaf, [baseList({ revoked: named('keyCompromise') }), lifting]), 'revoked');
  t.equal(noteOf(leaf, [baseList(), lifting]), 'good', 'of one that was not listed');
});

t.test('a delta that does not fit lifts nothing', async (t) => {
  const held = { revoked: named('certificateHold') };
  const lifting = { revoked: named('removeFromCRL') };
  t.equal(noteOf(leaf, [baseList(held), delta(lifting)]), 'good', 'one that fits');
  t.equal(noteOf(leaf, [baseList(held), delta(lifting, 6)]), 'revoked', 'for a later base');
  t.equal(noteOf(leaf, [baseList(held), delta({ ...lifting, number: 5 })]), 'revoked', 'not newer than the base');
  t.equal(noteOf(leaf, [baseList(held), delta({ ...lifting, nextUpdate: NOW - 1 })]), 'revoked', 'run out');
  t.equal(noteOf(leaf, [baseList(held), delta({ ...lifting, thisUpdate: NOW + 1000 })]), 'revoked', 'not yet begun');
  t.equal(noteOf(leaf, [baseList(held), delta({ ...lifting, number: null })]), 'revoked', 'without a number');
  t.equal(noteOf(leaf, [baseList({ ...held, number: null }), delta(lifting)]), 'revoked', 'a base without one');
  t.equal(noteOf(leaf, [baseList(held), delta({ ...lifting, signWith: makeKey('ec') })]), 'revoked', 'forged');
  const scope = issuingDistributionPoint({ only: 'users' });
  const scoped = delta({ ...lifting, extensions: [deltaOf(5), scope] });
  t.equal(noteOf(leaf, [baseList(held), scoped]), 'revoked', 'of another scope');
});

t.test('the base alone goes on to answer, and it is noted', async (t) => {
  t.equal(ask(leaf, [baseList(), delta()])[0]?.note, undefined, 'nothing to note');
  const [answer] = ask(leaf, [baseList(), delta({}, 6)]);
  t.match(answer, { status: 'good', producedAt: NOW - DAY_MS, note: /does not fit its base, or has run out/ });
});

t.test('whom a delta names is revoked, whatever its base', async (t) => {
  t.equal(noteOf(leaf, [delta()]), 'a delta CRL has no base', 'no base clears nobody');
  t.equal(noteOf(leaf, [delta({ revoked: named() })]), 'revoked');
  t.equal(noteOf(leaf, [baseList(), delta({ revoked: named() }, 6)]), 'revoked', 'for a later base');
  t.equal(noteOf(leaf, [baseList(), delta({ revoked: named(), nextUpdate: NOW - 1 })]), 'revoked', 'run out');
  t.equal(
    noteOf(leaf, [baseList({ number: 8 }), delta({ revoked: named() })]),
    'good',
    'but a newer base knows better',
  );
});

t.test('until when both hold', async (t) => {
  const lists = [baseList({ nextUpdate: NOW + 2 * DAY_MS }), delta({ nextUpdate: NOW + DAY_MS })];
  t.match(ask(leaf, lists)[0], { status: 'good', producedAt: NOW - 1000, nextUpdate: NOW + DAY_MS });
  t.match(ask(leaf, lists, { at: NOW + DAY_MS + 1 })[0], { status: 'good', nextUpdate: NOW + 2 * DAY_MS });
  const runOut = [baseList({ nextUpdate: NOW - 1 }), delta()];
  t.match(noteOf(leaf, runOut), /is past its nextUpdate/, 'a delta does not prolong its base');
});
