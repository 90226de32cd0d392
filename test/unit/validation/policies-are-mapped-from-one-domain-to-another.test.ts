import t from 'tap';
import {
  ANY,
  ANY_MAPPED,
  BRONZE,
  chainOf,
  DEMANDED,
  fails,
  GOLD,
  holds,
  NONE_HOLDS,
  NOT_ASKED_FOR,
  SILVER,
  type Statement,
} from './policy-paths.ts';

const gold = { policies: [GOLD] };
const silver = { policies: [SILVER] };
const bronze = { policies: [BRONZE] };
const any = { policies: [ANY] };
const goldIsSilver: Statement = { policies: [GOLD], maps: [[GOLD, SILVER]] };

t.test('a mapped policy goes on under its other name', async (t) => {
  fails(t, chainOf([gold, silver]), DEMANDED, NONE_HOLDS, 'not mapped');
  holds(t, chainOf([goldIsSilver, silver]), DEMANDED, 'mapped');
  fails(t, chainOf([goldIsSilver, gold]), DEMANDED, NONE_HOLDS, 'and no more under its own');
  holds(t, chainOf([goldIsSilver, any]), DEMANDED, 'anyPolicy stands for the other name');
  fails(t, chainOf([{ ...bronze, maps: [[GOLD, SILVER]] }, silver]), DEMANDED, NONE_HOLDS, 'it does not hold here');
  fails(t, chainOf([{ maps: [[GOLD, SILVER]] }, silver]), DEMANDED, NONE_HOLDS, 'nothing holds here');
});

t.test('to several others, and from several to one', async (t) => {
  const toBoth: Statement = {
    ...gold,
    maps: [
      [GOLD, SILVER],
      [GOLD, BRONZE],
    ],
  };
  for (const below of [silver, bronze]) holds(t, chainOf([toBoth, below]), { policies: [GOLD] }, 'one of two');
  const toGold: Statement = {
    policies: [SILVER, BRONZE],
    maps: [
      [SILVER, GOLD],
      [BRONZE, GOLD],
    ],
  };
  for (const policy of [SILVER, BRONZE]) holds(t, chainOf([toGold, gold]), { policies: [policy] }, 'one of two');
  fails(t, chainOf([toGold, gold]), { policies: [GOLD] }, NOT_ASKED_FOR, 'asked for by the name of the other domain');
});

t.test('policies are asked for as the anchor names them', async (t) => {
  const again: Statement = { ...silver, maps: [[SILVER, BRONZE]] };
  const leaf = chainOf([any, goldIsSilver, again, bronze]);
  holds(t, leaf, { policies: [GOLD] }, 'its first name');
  for (const policy of [SILVER, BRONZE]) fails(t, leaf, { policies: [policy] }, NOT_ASKED_FOR, 'a later name');
});

t.test('a policy that is not named is mapped where anyPolicy holds', async (t) => {
  const mapping: Statement = { ...any, maps: [[GOLD, SILVER]] };
  holds(t, chainOf([mapping, silver]), { policies: [GOLD] }, 'mapped');
  fails(t, chainOf([mapping, silver]), { policies: [SILVER] }, NOT_ASKED_FOR, 'whose name it is now');
  holds(t, chainOf([mapping, bronze]), { policies: [BRONZE] }, 'others hold as before');
  const asked = { policies: [GOLD], inhibitAnyPolicy: true };
  fails(t, chainOf([mapping, silver]), asked, NONE_HOLDS, 'anyPolicy is inhibited');
});

t.test('anyPolicy cannot be mapped', async (t) => {
  holds(t, chainOf([goldIsSilver, silver]), {}, 'another can');
  fails(t, chainOf([{ ...gold, maps: [[GOLD, ANY]] }, silver]), {}, ANY_MAPPED, 'to it, though nothing is demanded');
  fails(t, chainOf([{ ...any, maps: [[ANY, GOLD]] }, gold]), {}, ANY_MAPPED, 'from it');
  holds(t, chainOf([gold, { ...gold, maps: [[GOLD, ANY]] }]), DEMANDED, 'mappings of a leaf mean nothing');
});

t.test('inhibited by the options', async (t) => {
  const inhibited = { ...DEMANDED, inhibitPolicyMapping: true };
  holds(t, chainOf([goldIsSilver, silver]), DEMANDED, 'not inhibited');
  fails(t, chainOf([goldIsSilver, silver]), inhibited, NONE_HOLDS, 'inhibited');
  fails(t, chainOf([goldIsSilver, gold]), inhibited, NONE_HOLDS, 'nor does it go on under its own name');
  holds(t, chainOf([{ ...goldIsSilver, policies: [GOLD, BRONZE] }, bronze]), inhibited, 'others go on');
});

t.test('inhibited by an authority, after so many certificates', async (t) => {
  const after = (inhibitPolicyMapping: number, between: Statement = gold) =>
    chainOf([{ ...gold, inhibitPolicyMapping }, between, goldIsSilver, silver]);
  holds(t, after(2), DEMANDED, 'longer than to the mapping');
  fails(t, after(0), DEMANDED, NONE_HOLDS, 'at once');
  fails(t, after(1), DEMANDED, NONE_HOLDS, 'after one');
  holds(t, after(1, { ...gold, selfIssued: true }), DEMANDED, 'after one, but self-issued ones do not count');
  fails(t, after(1, { ...gold, inhibitPolicyMapping: 9 }), DEMANDED, NONE_HOLDS, 'it is not lengthened below');
  holds(t, chainOf([{ ...goldIsSilver, inhibitPolicyMapping: 0 }, silver]), DEMANDED, 'its own mapping counts');
});
