// The work of `map test`: trust stores by what mappings name, entries of the directory first, the path as it is validated.

import t from 'tap';
import { type MapTestInput, storesOfMappings, testMappings } from '../../../src/cli/map-test.ts';
import { createTrustStore, type TrustStore } from '../../../src/trust/trust-store.ts';
import { validationOptions } from '../../../src/validation/options.ts';
import { corporateRoot, issuing, namesake, parse, partner } from '../policy/mapping/mapped.ts';

function storeOf(name: string, root: typeof partner): TrustStore {
  const { store } = createTrustStore({ name, certificates: [root.facts], partialChain: false, at: Date.now() });
  if (store === undefined) throw new Error(name);
  return store;
}

const trustStores = new Map([
  ['corporate', storeOf('corporate', corporateRoot)],
  ['partners', storeOf('partners', partner)],
]);
const alice = issuing.client({ cn: 'alice', san: [{ kind: 'upn', value: 'alice@corp.example' }] });

function run(entries: readonly object[], more: Partial<MapTestInput> = {}) {
  return testMappings({
    leaf: alice.facts,
    presented: [issuing.facts],
    trust: ['corporate', 'partners'],
    trustStores,
    mappings: parse(entries),
    validation: validationOptions.parse({}),
    now: Date.now(),
    ...more,
  });
}

const BY_UPN = { trust: 'corporate', match: { 'san.upn': '*@corp.example' }, account: '{upn.local}' };

t.test('the path is validated under each trust store', async (t) => {
  t.match(run([BY_UPN]).stores, [
    {
      trust: 'corporate',
      account: 'alice',
      refusal: undefined,
      path: [alice.facts, issuing.facts, corporateRoot.facts],
    },
    { trust: 'partners', account: undefined, refusal: { code: 'certificate-untrusted' }, path: undefined, steps: [] },
  ]);
  const later = run([BY_UPN], { now: Date.now() + 7 * 86_400_000 });
  t.match(later.stores, [{ account: undefined, refusal: { code: 'certificate-expired' } }, {}]);
  const forged = namesake.client({ san: [{ kind: 'upn', value: 'alice@corp.example' }] });
  const stores = run([BY_UPN], { leaf: forged.facts, presented: [namesake.facts] }).stores;
  t.match(stores, [{ account: undefined }, { account: undefined, steps: [{ note: 'for other trust stores' }] }]);
});

t.test('an entry of the directory comes before every mapping', async (t) => {
  const deny = { ...BY_UPN, account: undefined, deny: true };
  t.match(run([deny]).stores[0], { account: undefined, steps: [{ outcome: 'denied' }] });
  const entryOf: MapTestInput['entryOf'] = ({ certificate }) =>
    certificate === alice.facts ? 'alice-known' : undefined;
  t.match(run([deny], { entryOf }).stores[0], { account: 'alice-known', entry: 'alice-known', steps: [] });
  t.match(run([BY_UPN], { entryOf: () => undefined }).stores[0], { account: 'alice', entry: undefined });
});

t.test('the trust stores that mappings name, or all', async (t) => {
  const all = ['corporate', 'partners', 'others'];
  const anywhere = { match: { issuerKey: issuing.facts.publicKey.spkiHash }, account: 'a' };
  t.strictSame(storesOfMappings(parse([BY_UPN]), all), ['corporate']);
  t.strictSame(storesOfMappings(parse([{ ...BY_UPN, trust: ['others', 'corporate'] }]), all), ['corporate', 'others']);
  t.strictSame(storesOfMappings(parse([BY_UPN, anywhere]), all), all);
  t.strictSame(storesOfMappings([], all), all);
});
