import t from 'tap';
import { validUntilOf } from '../../../src/revocation/valid-until.ts';
import { makeRoot } from '../../kit/pki.ts';
import { ask, DAY_MS, NOW, noteOf, statusesOf } from './ask.ts';

const root = makeRoot({ name: 'Root' });
const leaf = root.client();

t.test('the time of a list', async (t) => {
  const crl = root.crl({ thisUpdate: NOW, nextUpdate: NOW + DAY_MS });
  t.equal(noteOf(leaf, [crl], { at: NOW }), 'good', 'from thisUpdate');
  t.equal(noteOf(leaf, [crl], { at: NOW + DAY_MS }), 'good', 'until nextUpdate');
  t.match(noteOf(leaf, [crl], { at: NOW - 1 }), /is from the future/, 'not before');
  t.match(noteOf(leaf, [crl], { at: NOW + DAY_MS + 1 }), /is past its nextUpdate/, 'and not after');
});

t.test('a list that does not say when the next one comes counts for a week', async (t) => {
  const crl = root.crl({ thisUpdate: NOW, nextUpdate: null });
  const end = NOW + 7 * DAY_MS;
  const [answer] = ask(leaf, [crl], { at: end });
  t.match(answer, { status: 'good', nextUpdate: end, note: undefined });
  t.match(noteOf(leaf, [crl], { at: end + 1 }), /is past its nextUpdate/, 'and not longer');
  const naming = root.crl({ thisUpdate: NOW, nextUpdate: null, revoked: [leaf] });
  t.strictSame(statusesOf(leaf, [naming], { at: end + 1 }), ['revoked'], 'whom it names stays revoked');
});

t.test('maxStale', async (t) => {
  const crl = root.crl({ nextUpdate: NOW });
  const options = { at: NOW + 1000, maxStale: 1000 };
  const [answer] = ask(leaf, [crl], options);
  t.match(answer, { status: 'good', note: /is past its nextUpdate/ }, 'counts, and it is noted');
  t.equal(ask(leaf, [crl], { ...options, at: NOW })[0]?.note, undefined, 'nothing to note before');
  t.match(noteOf(leaf, [crl], { ...options, at: NOW + 1001 }), /is past its nextUpdate/, 'ends');
});

t.test('a list that has run out clears nobody, but whom it names stays revoked', async (t) => {
  const crl = root.crl({ nextUpdate: NOW - 1000, revoked: [leaf] });
  t.strictSame(statusesOf(leaf, [crl]), ['revoked']);
  t.strictSame(statusesOf(root.client(), [crl]), ['unknown']);
});

t.test('an older list brought in again', async (t) => {
  const older = root.crl({ number: 1, thisUpdate: NOW - 2 * DAY_MS, nextUpdate: NOW + DAY_MS });
  const newer = root.crl({ number: 2, thisUpdate: NOW - DAY_MS, nextUpdate: NOW + DAY_MS, revoked: [leaf] });
  t.strictSame(statusesOf(leaf, [older]), ['good'], 'alone it counts');
  for (const crls of [
    [older, newer],
    [newer, older],
  ]) {
    t.strictSame(statusesOf(leaf, crls), ['revoked'], 'beside a newer one it does not');
  }
  const at = NOW + DAY_MS;
  const runOut = root.crl({ number: 2, thisUpdate: NOW - DAY_MS, nextUpdate: NOW });
  t.strictSame(statusesOf(leaf, [older, runOut], { at }), ['unknown'], 'not even when the newer has run out');
});

t.test('a hold that a newer list has lifted', async (t) => {
  const held = root.crl({ number: 1, thisUpdate: NOW - 2 * DAY_MS, revoked: [leaf] });
  const lifted = root.crl({ number: 2, thisUpdate: NOW - DAY_MS });
  t.strictSame(statusesOf(leaf, [held, lifted]), ['good']);
});

t.test('lists of the same age: revoked wins', async (t) => {
  for (const number of [1, null]) {
    const empty = root.crl({ number, thisUpdate: NOW - DAY_MS });
    const naming = root.crl({ number, thisUpdate: NOW - DAY_MS, revoked: [leaf] });
    t.strictSame(statusesOf(leaf, [empty, naming]), ['revoked'], `number ${number}`);
    t.strictSame(statusesOf(leaf, [naming, empty]), ['revoked'], `number ${number}, the other way round`);
  }
});

t.test('number decides between lists of one time, time where a number is missing', async (t) => {
  const thisUpdate = NOW - DAY_MS;
  const held = root.crl({ number: 1, thisUpdate, revoked: [leaf] });
  t.strictSame(statusesOf(leaf, [held, root.crl({ number: 2, thisUpdate })]), ['good'], 'number');
  const later = root.crl({ number: null, thisUpdate: NOW - 1000 });
  t.strictSame(statusesOf(leaf, [held, later]), ['good'], 'time');
});

t.test('number and time contradict each other: neither list is passed over', async (t) => {
  const naming = root.crl({ number: 5, thisUpdate: NOW - 2 * DAY_MS, revoked: [leaf] });
  const empty = root.crl({ number: 4, thisUpdate: NOW - DAY_MS });
  t.strictSame(statusesOf(leaf, [naming, empty]), ['revoked']);
  t.strictSame(statusesOf(root.client(), [naming, empty]), ['good']);
});

t.test('until when answers hold', async (t) => {
  const inner = root.intermediate({ cn: 'Inner' });
  const below = inner.client();
  const crls = [inner.crl({ nextUpdate: NOW + 2 * DAY_MS }), root.crl({ nextUpdate: NOW + DAY_MS })];
  const end = validUntilOf(ask(below, crls), 0);
  t.equal(end, NOW + DAY_MS + 1, 'until the first nextUpdate is past');
  t.strictSame(statusesOf(below, crls, { at: end - 1 }), ['good', 'good'], 'the same answers until then');
  t.strictSame(statusesOf(below, crls, { at: end }), ['good', 'unknown'], 'and others afterwards');
  t.equal(validUntilOf(ask(below, crls), 1000), NOW + DAY_MS + 1001, 'later by maxStale');
  t.equal(validUntilOf(ask(below, []), 0), Infinity, 'what is unknown has no end of its own');
  t.equal(validUntilOf(ask(leaf, [root.crl({ revoked: [leaf] })]), 0), Infinity, 'nor has what is revoked');
});
