// A revocation list whose thisUpdate was still ahead did not end the verdicts made before it: the certificate it revokes
// stayed good for as long as verdicts are kept.

import t from 'tap';
import { computeVerdict } from '../../src/decision/compute-verdict.ts';
import { validationOptions } from '../../src/validation/options.ts';
import { makeRoot } from '../kit/pki.ts';
import { NOW, trustOf } from '../unit/decision/parts.ts';

const MINUTE_MS = 60_000;

t.test('a verdict holds until then', async (t) => {
  const root = makeRoot();
  const alice = root.client();
  const now = root.crl({ number: 1 });
  const later = root.crl({ number: 2, thisUpdate: NOW + MINUTE_MS, revoked: [alice] });
  const judge = (at: number, ...crls: (typeof now)[]) =>
    computeVerdict(
      { leaf: alice.der, presented: [], resumed: false },
      trustOf([root], { mode: 'hard', crls }),
      validationOptions.parse({}),
      at,
    );

  const alone = await judge(NOW, now);
  t.match(alone, { valid: true, revocation: [{ status: 'good' }] });
  t.ok(alone.validUntil > NOW + MINUTE_MS, 'with nothing to come it holds longer');

  const both = await judge(NOW, now, later);
  t.match(both, { valid: true, revocation: [{ status: 'good' }] }, 'not yet');
  t.equal(both.validUntil, NOW + MINUTE_MS);
  t.match(await judge(both.validUntil, now, later), { valid: true, revocation: [{ status: 'revoked' }] });
});
