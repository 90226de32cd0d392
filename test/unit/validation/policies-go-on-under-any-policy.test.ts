import t from 'tap';
import { ANY, chainOf, DEMANDED, fails, GOLD, holds, NONE_HOLDS, NOT_ASKED_FOR, SILVER } from './policy-paths.ts';

const gold = { policies: [GOLD] };
const any = { policies: [ANY] };

t.test('anyPolicy stands for whatever is expected', async (t) => {
  holds(t, chainOf([any, any, gold]), { policies: [GOLD] }, 'in authorities');
  holds(t, chainOf([gold, any, any]), { policies: [GOLD] }, 'of a leaf');
  holds(t, chainOf([any, any, any]), { policies: [SILVER] }, 'everywhere');
  fails(t, chainOf([gold, any, any]), { policies: [SILVER] }, NOT_ASKED_FOR, 'and for nothing else');
  holds(t, chainOf([gold, { policies: [SILVER, ANY] }, gold]), DEMANDED, 'beside a policy of its own');
  fails(t, chainOf([gold, any, { policies: [SILVER] }]), DEMANDED, NONE_HOLDS, 'it lets no other policy in');
});

t.test('inhibited by the options', async (t) => {
  const inhibited = { ...DEMANDED, inhibitAnyPolicy: true };
  holds(t, chainOf([gold, gold, gold]), inhibited, 'policies that are named');
  for (const statements of [
    [any, gold, gold],
    [gold, any, gold],
    [gold, gold, any],
  ]) {
    holds(t, chainOf(statements), DEMANDED, 'not inhibited');
    fails(t, chainOf(statements), inhibited, NONE_HOLDS, 'inhibited');
  }
  holds(t, chainOf([any, any]), { inhibitAnyPolicy: true }, 'nothing is demanded');
});

t.test('inhibited by an authority, after so many certificates', async (t) => {
  const after = (inhibitAnyPolicy: number, below = any) => chainOf([{ ...gold, inhibitAnyPolicy }, any, below]);
  holds(t, after(2), DEMANDED, 'longer than the path');
  fails(t, after(0), DEMANDED, /down to CN=Authority 1$/, 'at once');
  fails(t, after(1), DEMANDED, /down to CN=Authority 2$/, 'after one');
  holds(t, after(1, gold), DEMANDED, 'after one, which was the last to have it');
  const both = [{ ...gold, inhibitAnyPolicy: 1 }, { ...any, inhibitAnyPolicy: 5 }, any];
  fails(t, chainOf(both), DEMANDED, NONE_HOLDS, 'an authority below cannot allow it again');
});

t.test('self-issued, an authority may have it all the same', async (t) => {
  const inhibiting = { ...gold, inhibitAnyPolicy: 0 };
  const renewed = { ...any, selfIssued: true };
  fails(t, chainOf([inhibiting, any, gold]), DEMANDED, NONE_HOLDS, 'another authority');
  holds(t, chainOf([inhibiting, renewed, gold]), DEMANDED, 'the same one');
  holds(t, chainOf([{ ...gold, inhibitAnyPolicy: 1 }, renewed, any]), DEMANDED, 'it does not count');
  fails(t, chainOf([inhibiting, renewed]), DEMANDED, NONE_HOLDS, 'a leaf of its issuer’s name may not');
});
