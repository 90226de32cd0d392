// Where a request needs verdicts of two trust stores, the directory was asked about the first before the second was there: a
// block that came meanwhile did not count, and the request passed.

import t from 'tap';
import { createDecider } from '../../src/decision/decide.ts';
import type { Standing } from '../../src/decision/standing.ts';
import { validationOptions } from '../../src/validation/options.ts';
import { makeRoot } from '../kit/pki.ts';
import { createVerdicts, evidenceOf, NOW, ruleOf, trustOf } from '../unit/decision/parts.ts';

const GOOD: Standing = {
  blocked: undefined,
  barred: undefined,
  account: undefined,
  credential: undefined,
  validUntil: Number.POSITIVE_INFINITY,
};

t.test('a decision goes by what is known when it is made', async (t) => {
  const root = makeRoot();
  const corporate = trustOf([root]);
  const other = trustOf([root, makeRoot({ name: 'Other' })]);
  const decide = async (meanwhile: Partial<Standing>) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let standing = GOOD;
    const decider = createDecider({
      trust: new Map([
        ['corporate', corporate],
        // As where a responder has to be asked.
        [
          'slow',
          {
            ...other,
            revocation: {
              ...other.revocation,
              check: async (...args) => {
                await promise;
                return other.revocation.check(...args);
              },
            },
          },
        ],
      ]),
      verdicts: createVerdicts(),
      validation: validationOptions.parse({}),
      standings: { of: () => standing },
    });
    const evidence = evidenceOf(root.client());
    // The first of them is in memory.
    await decider.decide(evidence, [ruleOf()], NOW);
    const reportOnly = { mode: 'require', account: 'optional', trust: 'slow', allow: undefined, deny: [] } as const;
    const decided = decider.decide(evidence, [ruleOf({ reportOnly })], NOW);
    standing = { ...GOOD, ...meanwhile };
    resolve();
    return decided;
  };
  t.match(await decide({}), { decision: { allow: true }, reported: { allow: true } });
  const refused = { allow: false, refusal: { code: 'certificate-blocked' } };
  t.match(await decide({ blocked: { code: 'certificate-blocked', check: 'block' } }), {
    decision: refused,
    reported: refused,
  });
});
