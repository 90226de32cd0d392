import t from 'tap';
import { validationOptions } from '../../../src/validation/options.ts';
import { checkPolicies } from '../../../src/validation/policies/check-policies.ts';
import { ANY, chainOf, DEMANDED, fails, GOLD, holds, NONE_HOLDS, NOT_ASKED_FOR, SILVER } from './policy-paths.ts';

const gold = { policies: [GOLD] };
const silver = { policies: [SILVER] };
const any = { policies: [ANY] };

t.test('an anchor that says nothing of policies', async (t) => {
  holds(t, chainOf([{}, {}]), {}, 'demands none');
  holds(t, chainOf([gold, gold]), { policies: [GOLD], inhibitAnyPolicy: true }, 'stands for all');
  holds(t, chainOf([gold, gold], any), { policies: [GOLD], inhibitAnyPolicy: true }, 'as one with anyPolicy does');
});

t.test('constraints of an anchor', async (t) => {
  holds(t, chainOf([gold, gold], { requireExplicitPolicy: 0 }), {}, 'a policy is demanded, and there');
  fails(t, chainOf([gold, {}], { requireExplicitPolicy: 0 }), {}, NONE_HOLDS, 'demanded');
  holds(t, chainOf([gold, {}], { requireExplicitPolicy: 3 }), {}, 'demanded later');
  holds(t, chainOf([any, gold]), DEMANDED, 'anyPolicy');
  fails(t, chainOf([any, gold], { inhibitAnyPolicy: 0 }), DEMANDED, NONE_HOLDS, 'inhibited');
  const mapping = { ...gold, maps: [[GOLD, SILVER]] as const };
  holds(t, chainOf([mapping, silver]), DEMANDED, 'a mapping');
  fails(t, chainOf([mapping, silver], { inhibitPolicyMapping: 0 }), DEMANDED, NONE_HOLDS, 'inhibited as well');
});

t.test('policies of an anchor', async (t) => {
  holds(t, chainOf([silver, silver]), DEMANDED, 'not named there');
  holds(t, chainOf([silver, silver], { policies: [GOLD, SILVER] }), DEMANDED, 'named');
  fails(t, chainOf([silver, silver], gold), DEMANDED, NONE_HOLDS, 'others are named');
  holds(t, chainOf([silver, silver], gold), {}, 'others are named, but none is demanded');
  const mapping = { ...gold, maps: [[GOLD, SILVER]] as const };
  holds(t, chainOf([silver, silver], mapping), { policies: [GOLD] }, 'mapped');
  holds(t, chainOf([silver, silver], { maps: mapping.maps }), { policies: [GOLD] }, 'mapped without being named');
});

t.test('a leaf that is itself the anchor', async (t) => {
  const judgeAlone = (statement: object, options: object) => {
    const { facts } = chainOf([statement]);
    return checkPolicies([facts], validationOptions.parse(options));
  };
  const asked = { policies: [GOLD], inhibitAnyPolicy: true };
  t.equal(judgeAlone(gold, asked), undefined, 'has what is asked for');
  t.equal(judgeAlone({}, asked), undefined, 'stands for all when it names none');
  t.equal(judgeAlone(any, asked), undefined, 'and with anyPolicy');
  t.match(judgeAlone(silver, asked), { code: 'certificate-invalid', note: NOT_ASKED_FOR }, 'has another');
});
