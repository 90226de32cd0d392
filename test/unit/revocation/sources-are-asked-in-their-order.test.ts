// Lists and responder, in the order configured; the second only where the first does not decide.

import t from 'tap';
import type { RevocationAnswer } from '../../../src/model/verdict.ts';
import { type AskResponder, createRevocationCheck, type Lists } from '../../../src/revocation/check.ts';
import { createCrlStore } from '../../../src/revocation/crl-store.ts';
import { revocationOptions } from '../../../src/revocation/options.ts';
import { makeRoot, type TestCrl } from '../../kit/pki.ts';

const NOW = Math.floor(Date.now() / 1000) * 1000;
const MINUTE_MS = 60_000;

const root = makeRoot();
const issuing = root.intermediate({ name: 'Issuing' });
const alice = issuing.client();
const PATH = [alice.facts, issuing.facts, root.facts];

function ocspAnswer(status: 'good' | 'revoked' | 'unknown', nextUpdate = NOW + 10 * MINUTE_MS): RevocationAnswer {
  if (status === 'unknown') return { ...NOTHING, status, note: 'OCSP responder: silent' };
  return { status, source: 'ocsp', producedAt: NOW, nextUpdate, revokedAt: undefined, note: undefined };
}
const NOTHING = { source: undefined, producedAt: undefined, nextUpdate: undefined, revokedAt: undefined };

interface Sources {
  readonly lists?: readonly TestCrl[];
  /** What the distribution points bring when they are asked. */
  readonly fetched?: readonly TestCrl[];
  readonly problems?: readonly string[];
  readonly responder?: RevocationAnswer;
}

/** `asked` tells who was asked besides the lists at hand. */
function checkOf(options: object, { lists = [], fetched, problems = [], responder }: Sources = {}) {
  const asked: string[] = [];
  const parsed = revocationOptions.parse({ ocsp: responder !== undefined, cdp: fetched !== undefined, ...options });
  let held = lists;
  const authorities = [root.facts, issuing.facts];
  const source: Lists = {
    current: () => createCrlStore({ crls: held.map(({ facts }) => facts), authorities }),
    noteUse() {},
    fetchFor(path, index) {
      if (fetched === undefined) return undefined;
      asked.push(`point of ${path[index] === alice.facts ? 'alice' : 'issuing'}`);
      held = [...lists, ...fetched];
      return Promise.resolve(problems);
    },
  };
  const askResponder: AskResponder = (certificate) => {
    if (responder === undefined) return undefined;
    asked.push(`responder of ${certificate === alice.facts ? 'alice' : 'issuing'}`);
    return responder;
  };
  return { check: createRevocationCheck({ options: parsed, lists: source, askResponder }), asked };
}

const rootList = root.crl();
const issuingList = issuing.crl();
const BOTH = [rootList, issuingList];

t.test('lists that decide are answered at once, and nobody else is asked', async (t) => {
  const { check, asked } = checkOf({}, { lists: BOTH, fetched: [], responder: ocspAnswer('revoked') });
  const checked = check.check(PATH, NOW);
  t.notOk(checked instanceof Promise);
  t.match((await checked).answers, [
    { status: 'good', source: 'crl' },
    { status: 'good', source: 'crl' },
  ]);
  t.same(asked, []);
});

t.test('what the lists do not know is fetched from distribution points, then asked of the responder', async (t) => {
  const fetched = checkOf({}, { lists: [rootList], fetched: [issuingList], responder: ocspAnswer('good') });
  t.match((await fetched.check.check(PATH, NOW)).answers, [{ source: 'crl' }, { source: 'crl' }]);
  t.same(fetched.asked, ['point of alice']);

  const useless = checkOf({}, { lists: [rootList], fetched: [], responder: ocspAnswer('good') });
  t.match((await useless.check.check(PATH, NOW)).answers, [
    { status: 'good', source: 'ocsp' },
    { status: 'good', source: 'crl' },
  ]);
  t.same(useless.asked, ['point of alice', 'responder of alice']);
});

t.test('the responder comes first where the order says so', async (t) => {
  const first = checkOf({ order: ['ocsp', 'crl'] }, { lists: BOTH, responder: ocspAnswer('good') });
  t.match((await first.check.check(PATH, NOW)).answers, [{ source: 'ocsp' }, { source: 'ocsp' }]);
  t.same(first.asked.sort(), ['responder of alice', 'responder of issuing']);

  const silent = checkOf({ order: ['ocsp', 'crl'] }, { lists: BOTH, responder: ocspAnswer('unknown') });
  t.match((await silent.check.check(PATH, NOW)).answers, [{ status: 'good', source: 'crl' }, { source: 'crl' }]);

  const alone = checkOf({ order: ['ocsp'] }, { lists: BOTH, responder: ocspAnswer('unknown') });
  t.match((await alone.check.check(PATH, NOW)).answers, [{ status: 'unknown' }, { status: 'unknown' }]);
});

t.test('revoked is revoked, whoever says it', async (t) => {
  const revoking = [rootList, issuing.crl({ revoked: [alice] })];
  const { check, asked } = checkOf({}, { lists: revoking, responder: ocspAnswer('good') });
  t.match((await check.check(PATH, NOW)).answers, [{ status: 'revoked', source: 'crl' }, { status: 'good' }]);
  t.same(asked, []);
  const responder = checkOf({}, { lists: [rootList], responder: ocspAnswer('revoked') });
  t.match((await responder.check.check(PATH, NOW)).answers, [
    { status: 'revoked', source: 'ocsp' },
    { status: 'good' },
  ]);
});

t.test('a list that has run out counts only where nobody knows better', async (t) => {
  const old = issuing.crl({ thisUpdate: NOW - 2 * MINUTE_MS, nextUpdate: NOW - MINUTE_MS });
  const lists = [rootList, old];
  const fresh = checkOf({ maxStale: '5m' }, { lists, responder: ocspAnswer('good') });
  t.match((await fresh.check.check(PATH, NOW)).answers[0], { status: 'good', source: 'ocsp' });
  const stale = checkOf({ maxStale: '5m' }, { lists, responder: ocspAnswer('unknown') });
  t.match((await stale.check.check(PATH, NOW)).answers[0], { status: 'good', source: 'crl', note: /nextUpdate/ });
  const strict = checkOf({ maxStale: '0s' }, { lists, responder: ocspAnswer('unknown') });
  t.match((await strict.check.check(PATH, NOW)).answers[0], { status: 'unknown' });
});

t.test('why nobody knows is told of every source', async (t) => {
  const { check } = checkOf(
    {},
    {
      lists: [rootList],
      fetched: [],
      problems: ['http://pki.example/a.crl: refused'],
      responder: ocspAnswer('unknown'),
    },
  );
  const [answer] = (await check.check(PATH, NOW)).answers;
  t.match(answer, { status: 'unknown' });
  for (const part of [/no CRL/, /pki\.example/, /responder: silent/]) t.match(answer?.note, part);
});

t.test('depth: only the client’s own certificate is asked about', async (t) => {
  const { check, asked } = checkOf({ depth: 'leaf' }, { responder: ocspAnswer('good') });
  t.match((await check.check(PATH, NOW)).answers, [{ status: 'good' }, { status: 'not-asked' }]);
  t.same(asked, ['responder of alice']);
});

t.test('off: nobody is asked', async (t) => {
  const { check, asked } = checkOf({ mode: 'off' }, { lists: BOTH, responder: ocspAnswer('revoked') });
  const checked = check.check(PATH, NOW);
  t.notOk(checked instanceof Promise);
  t.match(await checked, { answers: [{ status: 'not-asked' }, { status: 'not-asked' }], validUntil: Infinity });
  t.same(asked, []);
});

t.test('how long an answer is left at that', async (t) => {
  const validUntil = async (options: object, sources: Sources) =>
    (await checkOf(options, sources).check.check(PATH, NOW)).validUntil;
  const list = issuing.crl({ nextUpdate: NOW + 30 * MINUTE_MS });
  t.equal(await validUntil({}, { lists: [rootList, list] }), NOW + 30 * MINUTE_MS + 1, 'until the list ends');
  t.equal(await validUntil({ maxStale: '1m' }, { lists: [rootList, list] }), NOW + 31 * MINUTE_MS + 1);
  const half = await validUntil({ order: ['ocsp'] }, { responder: ocspAnswer('good') });
  t.equal(half, NOW + 5 * MINUTE_MS, 'half of its life, so that it is renewed before it ends');
  const open = await validUntil({}, { lists: [rootList], responder: ocspAnswer('unknown') });
  t.ok(open > NOW && open <= NOW + 10_000, 'seconds, where nobody knew');
});

t.test('the generation tells what answers depend on', async (t) => {
  const generation = (options: object, lists = BOTH) => checkOf(options, { lists }).check.generation;
  t.equal(generation({}), generation({}));
  t.equal(generation({}), generation({ mode: 'soft' }), 'the mode is applied later');
  t.not(generation({}), generation({}, [rootList]));
  for (const other of [{ depth: 'leaf' }, { maxStale: '1m' }, { order: ['ocsp', 'crl'] }, { ocsp: true }]) {
    t.not(generation({}), generation(other), JSON.stringify(other));
  }
});
