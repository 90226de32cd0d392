import t from 'tap';
import { chainOf, DEMANDED, fails, GOLD, holds, NONE_HOLDS, NOT_ASKED_FOR, SILVER } from './policy-paths.ts';

const gold = { policies: [GOLD] };
const silver = { policies: [SILVER] };

t.test('a policy that is demanded', async (t) => {
  holds(t, chainOf([gold, gold, gold]), DEMANDED, 'is in every certificate');
  const broken = {
    'an authority has none': chainOf([gold, {}, gold]),
    'an authority has another': chainOf([gold, silver, gold]),
    'the first authority has none': chainOf([{}, gold, gold]),
    'the leaf has none': chainOf([gold, gold, {}]),
    'the leaf has another': chainOf([gold, gold, silver]),
  };
  for (const [message, leaf] of Object.entries(broken)) {
    holds(t, leaf, {}, `${message}: nothing is demanded`);
    fails(t, leaf, DEMANDED, NONE_HOLDS, message);
  }
});

t.test('of several policies one is enough, if it is the same one everywhere', async (t) => {
  const both = { policies: [GOLD, SILVER] };
  holds(t, chainOf([both, silver, both]), DEMANDED, 'the second');
  fails(t, chainOf([both, silver, gold]), DEMANDED, NONE_HOLDS, 'each in some of them');
});

t.test('policies that are asked for', async (t) => {
  const leaf = chainOf([gold, gold]);
  holds(t, leaf, { policies: [GOLD] }, 'the one that holds');
  holds(t, leaf, { policies: [SILVER, GOLD] }, 'one of two');
  fails(t, leaf, { policies: [SILVER] }, NOT_ASKED_FOR, 'another');
  fails(t, chainOf([{}, {}]), { policies: [GOLD] }, NONE_HOLDS, 'none holds at all');
});

t.test('who asks for policies without demanding one only says which are acceptable', async (t) => {
  const asked = { policies: [SILVER], requireExplicitPolicy: false };
  holds(t, chainOf([gold, gold]), asked, 'nobody demands one');
  holds(t, chainOf([{}, {}]), asked, 'nobody has one');
  const demanding = { ...gold, requireExplicitPolicy: 0 };
  holds(
    t,
    chainOf([demanding, gold]),
    { ...asked, policies: [GOLD] },
    'an authority demands one, and it is acceptable',
  );
  fails(t, chainOf([demanding, gold]), asked, NOT_ASKED_FOR, 'an authority demands one');
});
