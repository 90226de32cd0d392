import t from 'tap';
import { makeRoot } from '../../kit/pki.ts';
import { NOW, noteOf, statusesOf } from './ask.ts';
import {
  allReasonsBut,
  distributionPoints,
  issuingDistributionPoint,
  type PointOptions,
  REASON_BIT,
} from './crl-extensions.ts';

const root = makeRoot({ name: 'Root' });
const leaf = root.client();
const HERE = { uri: 'http://crl.example/a.crl' };
const ELSEWHERE = { uri: 'http://crl.example/A.crl' };
const listOf = (scope: Parameters<typeof issuingDistributionPoint>[0], revoked: readonly (typeof leaf)[] = []) =>
  root.crl({ extensions: [issuingDistributionPoint(scope)], revoked });
const clientAt = (...points: readonly PointOptions[]) => root.client({ extensions: [distributionPoints(...points)] });

t.test('lists for end entities, authorities or attribute certificates', async (t) => {
  const inner = root.intermediate({ cn: 'Inner' });
  const below = inner.client();
  const innerList = inner.crl();
  const [users, authorities] = [listOf({ only: 'users' }), listOf({ only: 'authorities' })];
  t.equal(noteOf(leaf, [users]), 'good');
  t.match(noteOf(leaf, [authorities]), /is for certificates of authorities only/);
  t.strictSame(statusesOf(below, [innerList, authorities]), ['good', 'good']);
  t.strictSame(statusesOf(below, [innerList, users]), ['good', 'unknown']);
  t.strictSame(statusesOf(below, [innerList, users, authorities]), ['good', 'good'], 'each has its own');
  t.match(noteOf(leaf, [listOf({ only: 'attributes' })]), /is for attribute certificates only/);
  t.equal(noteOf(leaf, [listOf({ only: 'users' }, [leaf])]), 'revoked');
});

t.test('a certificate of version 1 may be an authority’s', async (t) => {
  const old = root.client({ version: 1 });
  t.equal(noteOf(old, [root.crl()]), 'good');
  t.match(noteOf(old, [listOf({ only: 'users' })]), /is for certificates of end entities only/);
});

t.test('the distribution point must be one that the certificate names', async (t) => {
  const there = listOf({ name: HERE });
  t.equal(noteOf(clientAt({ name: HERE }), [there]), 'good');
  t.match(noteOf(clientAt({ name: ELSEWHERE }), [there]), /is for another distribution point/, 'another');
  t.equal(noteOf(clientAt({ name: ELSEWHERE }, { name: HERE }), [there]), 'good', 'one of several');
  t.match(noteOf(leaf, [there]), /is for another distribution point/, 'none');
  t.equal(noteOf(clientAt({ name: ELSEWHERE }), [root.crl()]), 'good', 'a list without one covers all');
  t.equal(noteOf(clientAt({ name: HERE }), [listOf({ name: ELSEWHERE }), there]), 'good', 'lists beside do not matter');
});

t.test('names of distribution points below the issuer’s', async (t) => {
  const full = { cn: 'List' };
  const relative = { relative: 'List' };
  t.equal(noteOf(clientAt({ name: relative }), [listOf({ name: relative })]), 'good');
  t.equal(noteOf(clientAt({ name: full }), [listOf({ name: full })]), 'good');
  t.match(noteOf(clientAt({ name: full }), [listOf({ name: relative })]), /is for another distribution point/);
  t.match(
    noteOf(clientAt({ name: relative }), [listOf({ name: { relative: 'Other' } })]),
    /another distribution point/,
  );
});

t.test('reasons: good only when all are covered', async (t) => {
  const { keyCompromise, cACompromise, unused } = REASON_BIT;
  const some = [keyCompromise, cACompromise];
  const [first, others] = [listOf({ reasons: some }), listOf({ reasons: [unused, ...allReasonsBut(...some)] })];
  t.equal(noteOf(leaf, [first, others]), 'good', 'by two lists');
  t.match(noteOf(leaf, [first]), /cover some reasons only/, 'one alone clears nobody');
  t.equal(noteOf(leaf, [listOf({ reasons: some }, [leaf])]), 'revoked', 'but whom it names is revoked');
  t.equal(noteOf(leaf, [first, root.crl()]), 'good', 'a complete list suffices');
  t.strictSame(statusesOf(leaf, [first, others], { at: NOW + 10 * 86_400_000 }), ['unknown'], 'both have run out');
});

t.test('reasons of the distribution point', async (t) => {
  const { keyCompromise } = REASON_BIT;
  const list = listOf({ name: HERE });
  t.equal(noteOf(clientAt({ name: HERE }), [list]), 'good');
  t.match(noteOf(clientAt({ name: HERE, reasons: [keyCompromise] }), [list]), /cover some reasons only/);
  const both = clientAt(
    { name: HERE, reasons: [keyCompromise] },
    { name: ELSEWHERE, reasons: allReasonsBut(keyCompromise) },
  );
  t.match(noteOf(both, [list]), /cover some reasons only/);
  t.equal(noteOf(both, [list, listOf({ name: ELSEWHERE })]), 'good');
});

t.test('a certificate whose list another issuer writes', async (t) => {
  t.equal(noteOf(clientAt({ name: HERE }), [root.crl()]), 'good');
  t.match(noteOf(clientAt({ name: HERE, crlIssuer: 'Other' }), [root.crl()]), /indirect ones are not supported/);
  t.equal(noteOf(clientAt({ crlIssuer: 'Other' }, { name: HERE }), [root.crl()]), 'good', 'beside the issuer’s own');
});

t.test('a newer list replaces the older of its own scope only', async (t) => {
  const scoped = (number: number, scope: Parameters<typeof issuingDistributionPoint>[0], revoked: readonly string[]) =>
    root.crl({ number, extensions: [issuingDistributionPoint(scope)], revoked });
  const { serial } = leaf.facts;
  t.equal(noteOf(leaf, [scoped(1, { only: 'users' }, [serial]), scoped(2, { only: 'users' }, [])]), 'good');
  t.equal(noteOf(leaf, [scoped(1, { only: 'users' }, [serial]), scoped(2, { only: 'authorities' }, [])]), 'revoked');
});
