import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { openssl } from '../../kit/openssl.ts';
import type { TestCertificate } from '../../kit/pki.ts';
import { ANY, BRONZE, chainOf, GOLD, judge, type PolicyOptions, SILVER, type Statement } from './policy-paths.ts';

/** One seed, so that every run asks the same: each question starts a process. */
const RUNS = { seed: 5280, numRuns: 80 };

const POLICIES = [GOLD, SILVER, BRONZE];
const named = fc.constantFrom(...POLICIES);
const skipCerts = fc.option(fc.nat(3), { freq: 2, nil: undefined });
const constraints = { requireExplicitPolicy: skipCerts };
const most = fc.integer({ min: 0, max: 9 }).map((number) => number > 0);

const leafStatement: fc.Arbitrary<Statement> = fc.record({
  policies: fc.subarray([...POLICIES, ANY], { minLength: 1 }),
  ...constraints,
});
const issuerStatement: fc.Arbitrary<Statement> = fc
  .record({
    policies: fc.subarray([...POLICIES, ANY], { minLength: 1 }),
    maps: fc.uniqueArray(fc.tuple(named, named), { maxLength: 3, selector: (pair) => pair.join() }),
    ...constraints,
    inhibitPolicyMapping: skipCerts,
    inhibitAnyPolicy: skipCerts,
    selfIssued: fc.boolean(),
    hasPolicies: most,
  })
  .map(({ hasPolicies, policies, maps, ...others }) => {
    const own = maps.filter(([issuer]) => policies.includes(issuer));
    return { ...others, ...(hasPolicies && { policies, ...(own.length > 0 && { maps: own }) }) };
  });
const question = fc.record({
  issuers: fc.array(issuerStatement, { minLength: 1, maxLength: 4 }),
  leaf: leafStatement,
  options: fc.record({
    policies: fc.oneof(fc.constant<string[]>([ANY]), fc.subarray(POLICIES, { minLength: 1 })),
    requireExplicitPolicy: fc.boolean(),
    inhibitPolicyMapping: most.map((is) => !is),
    inhibitAnyPolicy: most.map((is) => !is),
  }),
});

/**
 * Not asked here is where it does not follow RFC 5280: it reads nothing from an anchor (which the RFC leaves open), counts
 * a self-issued leaf otherwise (6.1.5 (a)), and maps a policy that is not named although anyPolicy is inhibited (6.1.4 (b)).
 */
function askOpenssl(folder: string, leaf: TestCertificate, options: Required<PolicyOptions>): boolean {
  writeFileSync(join(folder, 'leaf.pem'), leaf.pem);
  writeFileSync(join(folder, 'above.pem'), leaf.issuers.map(({ pem }) => pem).join(''));
  writeFileSync(join(folder, 'root.pem'), leaf.root.pem);
  const { requireExplicitPolicy, inhibitPolicyMapping, inhibitAnyPolicy, policies } = options;
  const flags = [
    ...(requireExplicitPolicy ? ['-explicit_policy'] : []),
    ...(inhibitPolicyMapping ? ['-inhibit_map'] : []),
    ...(inhibitAnyPolicy ? ['-inhibit_any'] : []),
    ...policies.flatMap((policy) => ['-policy', policy]),
  ];
  const files = ['-CAfile', 'root.pem', '-untrusted', 'above.pem', 'leaf.pem'];
  try {
    openssl(folder, 'verify', '-policy_check', ...flags, ...files);
    return true;
  } catch (error) {
    const text = String(error instanceof Error && 'stderr' in error ? error.stderr : error);
    if (!/^error 43 at .* no explicit policy$/m.test(text)) throw error;
    return false;
  }
}

t.test('random paths', async (t) => {
  const folder = t.testdir();
  const answers = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(question, ({ issuers, leaf: last, options }) => {
      const leaf = chainOf([...issuers, last]);
      const accepted = judge(leaf, options) === undefined;
      answers[accepted ? 'accepted' : 'refused'] += 1;
      return accepted === askOpenssl(folder, leaf, options);
    }),
    RUNS,
  );
  t.ok(answers.accepted > 20 && answers.refused > 20, 'enough of both kinds');
});
