// How verdict and rules become one decision: several rules, report-only, no trust store, time.

import t from 'tap';
import { makeRoot } from '../../kit/pki.ts';
import { createVerdicts, deciderOf, evidenceOf, NOW, ruleOf, trustOf } from './parts.ts';

const root = makeRoot();
const alice = root.client({ notAfter: NOW + 60_000 });
const never = () => false;

t.test('the first rule that refuses is the one told of', async (t) => {
  const decider = deciderOf(trustOf([root]));
  const [lax, open] = [ruleOf({ id: 'lax' }), ruleOf({ id: 'open', mode: 'ignore' })];
  const strict = ruleOf({ id: 'strict', allow: [never] });
  const decide = (...rules: [typeof lax, ...(typeof lax)[]]) => decider.decide(evidenceOf(alice), rules, NOW);
  t.match(await decide(lax, open), {
    decision: { allow: true, identity: { certificate: Object } },
    rule: { id: 'lax' },
  });
  t.match(await decide(lax, strict), { decision: { refusal: { check: 'allow' } }, rule: { id: 'strict' } });
  t.match(await decide(strict, lax), { decision: { refusal: { check: 'allow' } }, rule: { id: 'strict' } });
});

t.test('one certificate is one identity, whatever the connection', async (t) => {
  const decider = deciderOf(trustOf([root]));
  const identities = await Promise.all(
    [1, 2].map(async () => {
      const { decision } = await decider.decide(evidenceOf(alice), [ruleOf()], NOW);
      return decision.allow ? decision.identity : undefined;
    }),
  );
  t.ok(identities[0]);
  t.equal(identities[0], identities[1]);
});

t.test('a rule that ignores certificates asks for no verdict', async (t) => {
  const decider = deciderOf(trustOf([root]));
  const judged = await decider.decide(evidenceOf(alice), [ruleOf({ mode: 'ignore' })], NOW);
  t.match(judged, { decision: { allow: true, identity: undefined }, verdict: undefined, verdictFrom: undefined });
  t.equal(judged.validUntil, Number.POSITIVE_INFINITY);
});

t.test('a rule without a trust store trusts nobody', async (t) => {
  const decider = deciderOf(trustOf([root]));
  const judged = await decider.decide(evidenceOf(alice), [ruleOf({ trust: undefined })], NOW);
  t.match(judged.decision, { allow: false, refusal: { code: 'certificate-untrusted', check: 'trust' } });
});

t.test('what is reported only is told beside the decision', async (t) => {
  const decider = deciderOf(trustOf([root]));
  const reportOnly = { mode: 'require', account: 'optional', trust: 'corporate', allow: [never], deny: [] } as const;
  const open = ruleOf({ mode: 'ignore', reportOnly });
  t.match(await decider.decide(evidenceOf(alice), [open], NOW), {
    decision: { allow: true, identity: undefined },
    reported: { allow: false, refusal: { code: 'certificate-not-allowed' } },
  });
  t.match(await decider.decide(evidenceOf(undefined), [open], NOW), {
    decision: { allow: true },
    reported: { allow: false, refusal: { code: 'certificate-required' } },
  });
});

t.test('time passes over a kept verdict', async (t) => {
  let now = NOW;
  const decider = deciderOf(trustOf([root]), { verdicts: createVerdicts(() => now) });
  const evidence = evidenceOf(alice);
  const judged = await decider.decide(evidence, [ruleOf()], now);
  t.match(judged, { decision: { allow: true }, verdictFrom: 'computed' });
  t.equal(judged.validUntil, alice.facts.notAfter + 1000, 'it says until when: the last second is still good');
  now = judged.validUntil - 1;
  t.match(await decider.decide(evidence, [ruleOf()], now), { decision: { allow: true }, verdictFrom: 'memory' });
  now = judged.validUntil;
  t.match(await decider.decide(evidence, [ruleOf()], now), {
    decision: { refusal: { code: 'certificate-expired', check: 'validity' } },
    verdictFrom: 'computed',
  });
});
