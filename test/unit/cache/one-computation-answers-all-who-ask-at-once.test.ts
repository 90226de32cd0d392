import t from 'tap';
import { createMemoryStore } from '../../../src/cache/memory.ts';
import { createVerdictCache, type FoundVerdict } from '../../../src/cache/verdict-cache.ts';
import type { VerdictStore } from '../../../src/cache/verdict-store.ts';
import type { Verdict } from '../../../src/model/verdict.ts';
import { makeInvalidVerdict, makeValidVerdict } from '../../contract/verdict-store.ts';

const START = Date.UTC(2026, 5, 1);
const TTL_MS = 300_000;
const REFUSAL_TTL_MS = 10_000;
const YEAR_MS = 31_536_000_000;

function setUp(shared?: VerdictStore) {
  const time = { now: START };
  const store = createMemoryStore({ entries: 100 });
  const cache = createVerdictCache({
    store,
    shared,
    ttlMs: TTL_MS,
    refusalTtlMs: REFUSAL_TTL_MS,
    clock: () => time.now,
  });
  return {
    cache,
    time,
    valid: makeValidVerdict('alice', START + YEAR_MS),
    invalid: makeInvalidVerdict(START + YEAR_MS),
  };
}

/** A computation that counts its calls and ends when told to. */
function makeComputation() {
  const { promise, resolve, reject } = Promise.withResolvers<Verdict>();
  const compute = () => {
    counted.calls++;
    return promise;
  };
  const counted = { calls: 0, resolve, reject, compute };
  return counted;
}

const never = () => {
  throw new Error('must not be computed');
};

t.test('500 first calls make one computation and get the same verdict', async (t) => {
  const { cache, valid } = setUp();
  const computation = makeComputation();
  const calls = Array.from({ length: 500 }, () => cache.lookUp('a', computation.compute));
  computation.resolve(valid);
  const found = await Promise.all(calls);
  t.equal(computation.calls, 1);
  t.equal(new Set(found.map(({ verdict }) => verdict)).size, 1);
  t.equal(found[0]?.from, 'computed');
});

t.test('the next call is answered at once from memory, with the same object', async (t) => {
  const { cache, valid } = setUp();
  const first = await cache.lookUp('a', () => valid);
  const second = cache.lookUp('a', never);
  t.notOk(second instanceof Promise);
  t.equal((second as FoundVerdict).from, 'memory');
  t.equal((second as FoundVerdict).verdict, first.verdict);
});

t.test('different keys are computed apart', async (t) => {
  const { cache, valid, invalid } = setUp();
  const [a, b] = await Promise.all([cache.lookUp('a', () => valid), cache.lookUp('b', () => invalid)]);
  t.equal(a.verdict.valid, true);
  t.equal(b.verdict.valid, false);
});

t.test('a computation that fails rejects all who wait, and the next call tries again', async (t) => {
  const { cache, valid } = setUp();
  const computation = makeComputation();
  const calls = Array.from({ length: 5 }, () => Promise.resolve(cache.lookUp('a', computation.compute)));
  computation.reject(new Error('broken'));
  for (const outcome of await Promise.allSettled(calls)) t.equal(outcome.status, 'rejected');
  t.equal(computation.calls, 1);
  t.equal((await cache.lookUp('a', () => valid)).from, 'computed');
});

t.test('a computation that throws at once is a rejection too', async (t) => {
  const { cache, valid } = setUp();
  await t.rejects(Promise.resolve(cache.lookUp('a', never)), { message: 'must not be computed' });
  t.equal((await cache.lookUp('a', () => valid)).from, 'computed');
});

t.test('a verdict is kept for the time to live and no longer, a refusal for its own', async (t) => {
  const { cache, time, valid, invalid } = setUp();
  for (const [key, verdict, ttlMs] of [
    ['a', valid, TTL_MS],
    ['b', invalid, REFUSAL_TTL_MS],
  ] as const) {
    time.now = START;
    const computed = await cache.lookUp(key, () => verdict);
    t.equal(computed.verdict.validUntil, START + ttlMs);
    time.now = START + ttlMs - 1;
    t.equal((await cache.lookUp(key, never)).from, 'memory');
    time.now = START + ttlMs;
    t.equal((await cache.lookUp(key, () => verdict)).from, 'computed');
  }
});

t.test('a verdict that ends before the time to live is kept to its end only', async (t) => {
  const { cache, time, valid } = setUp();
  const ending = { ...valid, validUntil: START + 4000 };
  t.equal((await cache.lookUp('a', () => ending)).verdict.validUntil, START + 4000);
  time.now = START + 3999;
  t.equal((await cache.lookUp('a', never)).from, 'memory');
  time.now = START + 4000;
  t.equal((await cache.lookUp('a', () => valid)).from, 'computed');
});

t.test('a clock that is set back gives no verdict a longer life', async (t) => {
  const { cache, time, valid } = setUp();
  await cache.lookUp('a', () => valid);
  t.equal((await cache.lookUp('a', never)).from, 'memory');
  time.now = START - 600_000;
  t.equal((await cache.lookUp('a', () => valid)).from, 'computed');
});

t.test('the time to live begins at the end of the computation', async (t) => {
  const { cache, time, valid } = setUp();
  const computation = makeComputation();
  const call = cache.lookUp('a', computation.compute);
  time.now = START + 5000;
  computation.resolve(valid);
  t.equal((await call).verdict.validUntil, START + 5000 + TTL_MS);
});

t.test('after clear everything is computed anew, and a computation from before it is not kept', async (t) => {
  const { cache, valid, invalid } = setUp();
  await cache.lookUp('kept', () => valid);
  const before = makeComputation();
  const call = cache.lookUp('a', before.compute);
  cache.clear();
  const after = makeComputation();
  const secondCall = cache.lookUp('a', after.compute);
  before.resolve(valid);
  t.equal((await call).verdict.valid, true);
  t.equal(cache.lookUp('a', never), secondCall, 'the younger computation is still under way');
  after.resolve(invalid);
  await secondCall;
  t.equal((await cache.lookUp('a', never)).verdict.valid, false);
  t.equal((await cache.lookUp('kept', () => valid)).from, 'computed');
});

/** A store outside this process, and what it was asked and given. */
function makeShared() {
  const kept = createMemoryStore({ entries: 100 });
  const calls: string[] = [];
  const store: VerdictStore = {
    name: 'redis',
    async get(key, now) {
      calls.push(`get ${key}`);
      return kept.get(key, now);
    },
    async set(key, verdict, now) {
      calls.push(`set ${key}`);
      kept.set(key, verdict, now);
    },
    clear: async () => kept.clear(),
  };
  return { store, kept, calls };
}

t.test('what is not in memory is asked of the shared store once, and then is in memory', async (t) => {
  const { store, kept, calls } = makeShared();
  const { cache, valid } = setUp(store);
  kept.set('a', { ...valid, validUntil: START + TTL_MS }, START);
  const found = await Promise.all(Array.from({ length: 50 }, () => cache.lookUp('a', never)));
  t.equal(found[49]?.from, 'redis');
  t.equal((cache.lookUp('a', never) as FoundVerdict).from, 'memory');
  t.strictSame(calls, ['get a']);
});

t.test('what is computed is shared when it is valid, and a refusal is not', async (t) => {
  const { store, calls } = makeShared();
  const { cache, valid, invalid } = setUp(store);
  t.equal((await cache.lookUp('a', () => valid)).from, 'computed');
  t.equal((await cache.lookUp('b', () => invalid)).from, 'computed');
  t.strictSame(calls, ['get a', 'set a', 'get b']);
});

t.test('a shared verdict that would hold longer than it may is computed anew', async (t) => {
  const { store, kept } = makeShared();
  const { cache, valid, invalid } = setUp(store);
  kept.set('a', { ...valid, validUntil: START + TTL_MS }, START);
  t.equal((await cache.lookUp('a', never)).from, 'redis');
  kept.set('b', { ...valid, validUntil: START + TTL_MS + 1 }, START);
  t.equal((await cache.lookUp('b', () => invalid)).verdict.valid, false);
  kept.set('c', { ...invalid, validUntil: START + REFUSAL_TTL_MS + 1 }, START);
  t.equal((await cache.lookUp('c', () => valid)).verdict.valid, true);
});

t.test('clear forgets memory and not the shared store, and what is on its way is not kept', async (t) => {
  const { store, kept, calls } = makeShared();
  const { cache, valid } = setUp(store);
  const call = cache.lookUp('a', () => valid);
  cache.clear();
  await call;
  t.strictSame(calls, ['get a'], 'neither in memory nor shared');
  kept.set('b', { ...valid, validUntil: START + TTL_MS }, START);
  cache.clear();
  t.equal((await cache.lookUp('b', never)).from, 'redis');
});
