// A session that resumes brings the leaf alone. It is judged anew, with the intermediates of paths that were verified.

import t from 'tap';
import { createVerifiedIntermediates } from '../../../src/trust/verified-intermediates.ts';
import { makeRoot } from '../../kit/pki.ts';
import { createVerdicts, deciderOf, evidenceOf, NOW, ruleOf, trustOf } from './parts.ts';

const root = makeRoot();
const issuing = root.intermediate({ name: 'Issuing' });
const alice = issuing.client();

t.test('with what a full handshake has shown before', async (t) => {
  const trust = trustOf([root]);
  const decider = deciderOf(trust);
  const resumed = evidenceOf(alice, { presented: [], resumed: true });
  const before = await decider.decide(resumed, [ruleOf()], NOW);
  t.match(before.decision, { allow: false, refusal: { code: 'certificate-untrusted' } }, 'never anonymous');
  const accepting = await decider.decide(resumed, [ruleOf({ mode: 'accept' })], NOW);
  t.match(accepting.decision, { allow: false, refusal: { code: 'certificate-untrusted' } }, 'not even here');

  t.match((await decider.decide(evidenceOf(alice), [ruleOf()], NOW)).decision, { allow: true });
  const after = await decider.decide(resumed, [ruleOf()], NOW);
  t.match(after.decision, { allow: true });
  t.equal(after.verdictFrom, 'computed', 'by a verdict of its own');
  t.equal((await decider.decide(resumed, [ruleOf()], NOW)).verdictFrom, 'memory');

  const end = alice.facts.notAfter + 1000;
  const later = deciderOf(trust, { verdicts: createVerdicts(() => end) });
  const late = await later.decide(resumed, [ruleOf()], end);
  t.match(late.decision, { allow: false, refusal: { code: 'certificate-expired' } });
});

t.test('but not on a full handshake, whose client may send them itself', async (t) => {
  const decider = deciderOf(trustOf([root]));
  t.match((await decider.decide(evidenceOf(alice), [ruleOf()], NOW)).decision, { allow: true });
  const alone = await decider.decide(evidenceOf(alice, { presented: [] }), [ruleOf()], NOW);
  t.match(alone.decision, { allow: false, refusal: { code: 'certificate-untrusted' } });
});

t.test('nor with those of another trust store', async (t) => {
  const other = makeRoot({ name: 'Other' });
  const decider = deciderOf(trustOf([root]));
  const elsewhere = deciderOf(trustOf([other]));
  await decider.decide(evidenceOf(alice), [ruleOf()], NOW);
  await elsewhere.decide(evidenceOf(alice), [ruleOf()], NOW);
  const resumed = evidenceOf(alice, { presented: [], resumed: true });
  t.match((await decider.decide(resumed, [ruleOf()], NOW)).decision, { allow: true });
  t.match((await elsewhere.decide(resumed, [ruleOf()], NOW)).decision, { allow: false });
});

t.test('the pool is bounded, and gives only what may stand above a certificate', async (t) => {
  const pool = createVerifiedIntermediates(2);
  const lower = issuing.intermediate({ name: 'Lower' });
  const client = lower.client();
  const stranger = root.intermediate({ name: 'Stranger' });
  pool.remember([client.facts, lower.facts, issuing.facts, root.facts]);
  t.same(new Set(pool.above(client.facts, 16)), new Set([lower.facts, issuing.facts]));
  t.same(pool.above(alice.facts, 16), [issuing.facts]);
  const { state } = pool;
  pool.remember([client.facts, lower.facts, issuing.facts, root.facts]);
  t.equal(pool.state, state, 'what is known is no news');
  pool.remember([stranger.client().facts, stranger.facts, root.facts]);
  t.not(pool.state, state);
  t.not(createVerifiedIntermediates().state, createVerifiedIntermediates().state, 'two pools are never alike');
  t.same(pool.above(stranger.client().facts, 16), [stranger.facts]);
  t.same(pool.above(alice.facts, 16), [issuing.facts]);
  t.same(pool.above(client.facts, 16), [], 'the oldest is gone');
});

t.test('many intermediates of one name do not push out the one that is needed', async (t) => {
  const decider = deciderOf(trustOf([root]));
  const namesakes = Array.from({ length: 20 }, () => root.intermediate({ name: 'Issuing' }));
  for (const who of [alice, ...namesakes.map((namesake) => namesake.client())]) {
    t.match((await decider.decide(evidenceOf(who), [ruleOf()], NOW)).decision, { allow: true });
  }
  const resumed = evidenceOf(alice, { presented: [], resumed: true });
  t.match((await decider.decide(resumed, [ruleOf()], NOW)).decision, { allow: true });
});
