// While the directory is away open streams are kept, since nobody has said that they should end. But that it is away was
// found before a revocation, and so those of revoked certificates were kept as well.

import t from 'tap';
import { createStandings } from '../../src/decision/standing.ts';
import { createLookUp } from '../../src/directory/look-up.ts';
import { makeRoot } from '../kit/pki.ts';
import { deciderOf, evidenceOf, NOW, ruleOf, trustOf } from '../unit/decision/parts.ts';

t.test('a revoked certificate is a revoked one, whoever cannot be asked', async (t) => {
  const root = makeRoot();
  const alice = root.client({ cn: 'alice' });
  const { find, findAccount } = createLookUp();
  const directory = { state: () => 'unavailable' as const, find, findAccount };
  const standings = createStandings({ directory, mapAccount: undefined });
  const decide = async (revoked: readonly string[]) => {
    const trust = trustOf([root], { mode: 'hard', crls: [root.crl({ revoked })] });
    return (await deciderOf(trust, { standings }).decide(evidenceOf(alice), [ruleOf()], NOW)).decision;
  };
  t.match(await decide([]), { allow: false, refusal: { code: 'directory-unavailable', check: 'directory' } });
  t.match(await decide([alice.facts.serial]), { allow: false, refusal: { code: 'certificate-revoked' } });
});
