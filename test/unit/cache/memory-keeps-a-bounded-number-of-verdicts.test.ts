import t from 'tap';
import { createMemoryStore } from '../../../src/cache/memory.ts';
import { makeInvalidVerdict, makeValidVerdict, testVerdictStore } from '../../contract/verdict-store.ts';

const NOW = Date.UTC(2026, 5, 1);
const LATER = NOW + 60_000;

t.test('memory is a store of verdicts', (t) => testVerdictStore(t, () => createMemoryStore({ entries: 100 })));

t.test('it answers at once', async (t) => {
  const store = createMemoryStore({ entries: 100 });
  const verdict = makeInvalidVerdict(LATER);
  store.set('a', verdict, NOW);
  t.equal(store.get('a', NOW), verdict);
});

t.test('the least recently used verdict goes first', async (t) => {
  const store = createMemoryStore({ entries: 3 });
  const verdict = makeValidVerdict('alice', LATER);
  for (const key of ['a', 'b', 'c']) store.set(key, verdict, NOW);
  t.ok(store.get('a', NOW));
  store.set('d', verdict, NOW);
  t.strictSame(
    ['a', 'b', 'c', 'd'].filter((key) => store.get(key, NOW) !== undefined),
    ['a', 'c', 'd'],
  );
});

t.test('a flood of refusals pushes out no verified client, and is bounded', async (t) => {
  const store = createMemoryStore({ entries: 100 });
  store.set('alice', makeValidVerdict('alice', LATER), NOW);
  const refusal = makeInvalidVerdict(LATER);
  const keys = Array.from({ length: 1000 }, (_, index) => `stranger-${index}`);
  for (const key of keys) store.set(key, refusal, NOW);
  t.ok(store.get('alice', NOW));
  t.equal(keys.filter((key) => store.get(key, NOW) !== undefined).length, 10);
});
