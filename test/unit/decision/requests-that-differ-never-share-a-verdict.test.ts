// What a verdict depends on is in its key: one cache is asked twice with a single thing changed.

import t from 'tap';
import type { TrustContext } from '../../../src/decision/compute-verdict.ts';
import type { Judged } from '../../../src/decision/decide.ts';
import type { Evidence } from '../../../src/model/evidence.ts';
import type { ValidationOptions } from '../../../src/validation/options.ts';
import { makeRoot } from '../../kit/pki.ts';
import { createVerdicts, deciderOf, evidenceOf, NOW, ruleOf, trustOf } from './parts.ts';

const root = makeRoot();
const issuing = root.intermediate({ name: 'Issuing' });
const other = makeRoot({ name: 'Other Root' });
const alice = issuing.client();
const bob = issuing.client({ cn: 'bob' });
const crls = [root.crl(), issuing.crl()];

interface Asked {
  readonly evidence: Evidence;
  readonly trust: TrustContext;
  readonly validation: Partial<ValidationOptions>;
}

const BASE: Asked = { evidence: evidenceOf(alice), trust: trustOf([root]), validation: {} };

t.test('one component changed, and it is computed anew', async (t) => {
  const changed: Readonly<Record<string, Partial<Asked>>> = {
    'the certificate': { evidence: evidenceOf(bob) },
    'what came behind it': { evidence: evidenceOf(alice, { presented: [] }) },
    'the order of what came behind it': { evidence: evidenceOf(alice, { presented: [root.der, issuing.der] }) },
    'the anchors': { trust: trustOf([root, other]) },
    'the anchors, as many': { trust: trustOf([other]) },
    'the intermediates': { trust: trustOf([root, issuing]) },
    'an intermediate as anchor': { trust: trustOf([root, issuing], { partialChain: true }) },
    'whether revocation is asked': { trust: trustOf([root], { mode: 'hard' }) },
    'the revocation lists': { trust: trustOf([root], { mode: 'hard', crls }) },
    'an option of validation': { validation: { skew: 60_000 } },
    'another option of validation': { validation: { eku: ['any'] } },
  };
  const asked = [
    ['base', BASE] as const,
    ...Object.entries(changed).map(([name, part]) => [name, { ...BASE, ...part }] as const),
  ];
  const verdicts = createVerdicts();
  const ask = async ({ evidence, trust, validation }: Asked): Promise<Judged> =>
    deciderOf(trust, { verdicts, validation }).decide(evidence, [ruleOf()], NOW);
  for (const [name, each] of asked) t.equal((await ask(each)).verdictFrom, 'computed', `${name}: at first`);
  for (const [name, each] of asked) t.equal((await ask(each)).verdictFrom, 'memory', `${name}: again`);
});

t.test('what a verdict does not depend on shares it', async (t) => {
  const decider = deciderOf(trustOf([root]));
  t.equal((await decider.decide(evidenceOf(alice), [ruleOf()], NOW)).verdictFrom, 'computed');
  const evidence = evidenceOf(alice, {
    serverName: 'other',
    tlsVersion: 'TLSv1.2',
    remoteAddress: '::1',
  });
  const again = decider.decide(evidence, [ruleOf({ id: 'x', mode: 'accept' })], NOW);
  t.notOk(again instanceof Promise, 'and what is in memory is answered at once');
  t.equal((await again).verdictFrom, 'memory');
});

t.test('gate 1 and the mode of revocation are applied to the verdict, and never kept in it', async (t) => {
  const verdicts = createVerdicts();
  const crlsRevoking = [root.crl(), issuing.crl({ revoked: [alice] })];
  const ask = async (mode: 'soft' | 'hard', lists = crls, handshakeError?: string) =>
    (
      await deciderOf(trustOf([root], { mode, crls: lists }), { verdicts }).decide(
        evidenceOf(alice, { handshakeError }),
        [ruleOf()],
        NOW,
      )
    ).decision;
  t.match(await ask('hard'), { allow: true });
  t.match(await ask('hard', crls, 'INVALID_CA'), { allow: false, refusal: { check: 'gate-1' } });
  t.match(await ask('hard'), { allow: true }, 'another connection of the same certificate is not touched');
  t.match(await ask('soft', []), { allow: true }, 'soft lets pass what nobody knows');
  t.match(await ask('hard', []), { allow: false, refusal: { code: 'revocation-unknown' } }, 'from the same verdict');
  t.match(await ask('soft', crlsRevoking), { allow: false, refusal: { code: 'certificate-revoked' } });
});
