// Trust stores of the same content share verdicts. An account that only a mapping knows was kept by the verdict's path, and so
// whoever came through one of them first had that one's account in the other.

import t from 'tap';
import { createStandings } from '../../src/decision/standing.ts';
import { compileMappings } from '../../src/policy/mapping/compile-mappings.ts';
import { mapAccount } from '../../src/policy/mapping/map-account.ts';
import { mappingsOptions } from '../../src/policy/mapping/options.ts';
import { makeRoot } from '../kit/pki.ts';

const root = makeRoot();
const alice = root.client({ cn: 'alice' });
const ENTRIES = [
  { trust: 'staff', match: { subject: { CN: '*' } }, account: 'staff/{cn}' },
  { trust: 'partners', match: { subject: { CN: '*' } }, account: 'partner/{cn}' },
];

t.test('each gives the account of its own mapping, and always the same object', async (t) => {
  const authorities = new Map(['staff', 'partners'].map((name) => [name, [root.facts]] as const));
  const { mappings, problems } = compileMappings(mappingsOptions.parse(ENTRIES), authorities);
  t.strictSame(problems, []);
  const standings = createStandings({
    directory: undefined,
    mapAccount: (path, trust) => mapAccount(mappings, { certificate: alice.facts, path }, trust),
  });
  const path = [alice.facts, root.facts];
  const accountUnder = (trust: string) => standings.of(path, trust, 0).account;
  t.equal(accountUnder('staff')?.name, 'staff/alice');
  t.equal(accountUnder('partners')?.name, 'partner/alice');
  t.equal(accountUnder('staff'), accountUnder('staff'));
});
