import t from 'tap';
import {
  growLevel,
  isAnyHeld,
  mapLevel,
  type PolicyLevel,
  type PolicyNode,
  ROOT_LEVEL,
} from '../../../src/validation/policies/policy-graph.ts';
import { chainOf, fails, holds, NOT_ASKED_FOR } from './policy-paths.ts';

const LEVELS = 10;
const idsOf = (count: number) => Array.from({ length: count }, (_, index) => `1.2.4.${index}`);
const everyPair = (ids: readonly string[]) => ids.flatMap((from) => ids.map((to) => [from, to] as const));

function reachedFrom(level: PolicyLevel): ReadonlySet<PolicyNode> {
  const reached = new Set(level.values());
  for (const { parents } of reached) for (const parent of parents) reached.add(parent);
  return reached;
}

t.test(
  'levels that map everything to everything have a node for each policy and an edge for each mapping',
  async (t) => {
    const ids = idsOf(40);
    const mappings = everyPair(ids).map(([issuerDomain, subjectDomain]) => ({ issuerDomain, subjectDomain }));
    let level = ROOT_LEVEL;
    for (let depth = 0; depth < LEVELS; depth++) {
      const twice = [...mappings, ...mappings];
      level = mapLevel(growLevel(level, ids, true), twice, false);
    }
    const nodes = reachedFrom(level);
    // The tree of RFC 5280 would have 40 ** 10 leaves.
    t.equal(nodes.size, 1 + LEVELS * ids.length);
    const edges = [...nodes].reduce((sum, { parents }) => sum + parents.length, 0);
    t.equal(edges, ids.length + (LEVELS - 1) * mappings.length);
    t.ok(isAnyHeld(level, new Set(ids.slice(-1))), 'one of them is found');
    t.notOk(isAnyHeld(level, new Set(['1.2.5'])), 'another is not, when all were looked at');
  },
);

t.test('levels of anyPolicy have no more nodes than there were names', async (t) => {
  const ids = idsOf(40);
  let level = growLevel(ROOT_LEVEL, ids, true);
  for (let depth = 1; depth < LEVELS; depth++) level = growLevel(level, ['2.5.29.32.0'], true);
  t.equal(reachedFrom(level).size, 1 + LEVELS * ids.length);
});

t.test('a branch that leads nowhere is no longer held', async (t) => {
  const [first = '', ...others] = idsOf(40);
  const wide = growLevel(ROOT_LEVEL, [first, ...others], true);
  t.equal(reachedFrom(wide).size, 41);
  t.equal(reachedFrom(growLevel(wide, [first], true)).size, 3);
  t.equal(reachedFrom(growLevel(wide, ['1.2.5'], true)).size, 0);
});

t.test('a path of such certificates is judged', async (t) => {
  const ids = idsOf(10);
  const bomb = { policies: ids, maps: everyPair(ids) };
  const leaf = chainOf([...Array.from({ length: LEVELS - 1 }, () => bomb), { policies: ids }]);
  holds(t, leaf, { policies: ids.slice(-1) }, 'one of its policies is asked for');
  fails(t, leaf, { policies: ['1.2.5'] }, NOT_ASKED_FOR, 'another is');
});
