import t from 'tap';
import { type Ending, findThreshold } from '../../../src/expiry/ending.ts';
import { type Claim, createExpiryWatch, type ExpiryWarning } from '../../../src/expiry/watch.ts';
import { DAY_MS } from '../../../src/model/clock.ts';
import type { Log } from '../../../src/model/log.ts';
import { silentLog } from '../../../src/model/log.ts';

const YEAR_MS = 365 * DAY_MS;
const END = YEAR_MS;

function ending(id: string, changes: Partial<Ending> = {}): Ending {
  return { kind: 'anchor', id, name: `CN=${id}`, beginsAt: 0, endsAt: END, ...changes };
}

/** A watch over these things; what it said, and what it announced. `claimed` may be shared by replicas. */
function startWatch(endings: readonly Ending[], claimed = new Set<string>()) {
  const lines: [object, string][] = [];
  const announced: (readonly ExpiryWarning[])[] = [];
  const state = { now: 0, endings, isAway: false };
  const log: Log = { ...silentLog, warn: (fields, message) => lines.push([fields, message]) };
  const watch = createExpiryWatch({
    clock: () => state.now,
    log,
    async *collect() {
      yield state.endings;
    },
    async claim(claims: readonly Claim[]) {
      if (state.isAway) throw new Error('away');
      const fresh = claims.map(({ id }) => id).filter((id) => !claimed.has(id));
      for (const id of fresh) claimed.add(id);
      return fresh;
    },
    announce: (warnings) => announced.push(warnings),
  });
  t.teardown(() => watch.close());
  return { watch, lines, announced, state };
}

t.test('at 30, 14, 7 and 1 days', async (t) => {
  const { watch, lines, announced, state } = startWatch([ending('root')]);
  const said: number[] = [];
  for (let hours = 40 * 24; hours >= -24; hours--) {
    state.now = END - (hours * DAY_MS) / 24;
    const before = lines.length;
    await watch.look();
    if (lines.length > before) said.push(hours / 24);
  }
  t.strictSame(said, [30, 14, 7, 1]);
  t.match(lines[0], [
    { kind: 'anchor', name: 'CN=root', daysLeft: 30, threshold: 30, endsAt: '1971-01-01T00:00:00.000Z' },
    'an anchor of a trust store ends soon',
  ]);
  t.match(announced, [[{ threshold: 30 }], [{ threshold: 14 }], [{ threshold: 7 }], [{ threshold: 1 }]]);
});

t.test('of thresholds that have passed the smallest is said', async (t) => {
  const { watch, lines, state } = startWatch([ending('root')]);
  state.now = END - 5 * DAY_MS;
  await watch.look();
  t.match(lines, [[{ threshold: 7, daysLeft: 5 }, /./]]);
  t.equal(lines.length, 1);
});

t.test('what lives short is not said to end all its life', async (t) => {
  const at = (life: number, left: number) =>
    findThreshold(ending('x', { beginsAt: END - life * DAY_MS }), END - left * DAY_MS);
  t.strictSame(
    [at(90, 30), at(89, 30), at(89, 14), at(47, 14), at(41, 14), at(7, 6), at(7, 1), at(3, 1), at(2.9, 1), at(1, 0.1)],
    [30, undefined, 14, 14, undefined, undefined, 1, 1, undefined, undefined],
  );
  t.equal(findThreshold(ending('x'), END), 1, 'the last moment');
  t.equal(findThreshold(ending('x'), END + 1), undefined, 'over');
});

t.test('replicas say it once', async (t) => {
  const claimed = new Set<string>();
  const [one, other] = [startWatch([ending('root')], claimed), startWatch([ending('root'), ending('other')], claimed)];
  for (const { watch, state } of [one, other]) {
    state.now = END - 10 * DAY_MS;
    await watch.look();
  }
  t.match(one.lines, [[{ name: 'CN=root' }, /./]]);
  t.match(other.lines, [[{ name: 'CN=other' }, /./]]);
  t.equal(other.lines.length, 1);
});

t.test('what cannot be agreed on is said', async (t) => {
  const { watch, lines, state } = startWatch([ending('root')]);
  state.now = END - DAY_MS;
  state.isAway = true;
  await watch.look();
  await watch.look();
  t.equal(lines.length, 1);
});

t.test('what is prolonged ends anew', async (t) => {
  const { watch, lines, state } = startWatch([ending('alice', { kind: 'permission' })]);
  state.now = END - DAY_MS;
  await watch.look();
  state.endings = [ending('alice', { kind: 'permission', endsAt: END + YEAR_MS })];
  await watch.look();
  t.equal(lines.length, 1);
  state.now = END + YEAR_MS - DAY_MS;
  await watch.look();
  t.equal(lines.length, 2);
});

t.test('of very many a hundred are named, and all are counted', async (t) => {
  const many = Array.from({ length: 2_500 }, (_, index) => ending(String(index), { kind: 'client-certificate' }));
  const { watch, lines, announced, state } = startWatch(many);
  state.now = END - 10 * DAY_MS;
  await watch.look();
  t.equal(lines.length, 101);
  t.match(lines.at(-1), [{ count: 2_400 }, /more end soon/]);
  t.equal(announced.flat().length, 2_500);
  t.strictSame([...watch.counts], [['client-certificate', { 1: 0, 7: 0, 14: 2_500, 30: 2_500 }]]);
  await watch.look();
  t.equal(lines.length, 101);
});

t.test('what cannot be read ends nothing', async (t) => {
  const lines: string[] = [];
  const watch = createExpiryWatch({
    clock: () => 0,
    log: { ...silentLog, warn: (_, message) => lines.push(message) },
    // biome-ignore lint/correctness/useYield: it fails first
    async *collect() {
      throw new Error('away');
    },
    claim: async () => [],
    announce() {},
  });
  await watch.look();
  await watch.close();
  t.strictSame(lines, ['what ends soon could not be looked at as a whole']);
});
