// The last decisions: as many as there are places, found by any condition, and read as they were noted.

import t from 'tap';
import { createRecentDecisions, type RecentDecisions } from '../../../src/decision/recent-decisions.ts';

function note(recent: RecentDecisions, requestId: string, account?: string): void {
  Object.assign(recent.next(), { requestId, account });
}

const idsOf = (found: readonly { requestId: string }[]) => found.map(({ requestId }) => requestId);

t.test('fewer than there are places for', async (t) => {
  const recent = createRecentDecisions(3);
  t.equal(recent.newest, 0);
  t.strictSame(
    recent.find(() => true, 10),
    [],
  );
  t.strictSame(recent.after(0, 10), []);
  note(recent, 'a');
  note(recent, 'b');
  t.strictSame(idsOf(recent.find(() => true, 10)), ['b', 'a'], 'the newest first');
  t.strictSame(idsOf(recent.after(0, 10)), ['a', 'b'], 'the oldest first');
  t.strictSame(idsOf(recent.after(1, 10)), ['b']);
  t.strictSame(idsOf(recent.after(0, 1)), ['a']);
  t.strictSame(recent.after(2, 10), []);
});

t.test('more than there are places for', async (t) => {
  const recent = createRecentDecisions(3);
  for (const id of ['a', 'b', 'c', 'd', 'e']) note(recent, id, id < 'd' ? 'alice' : 'bob');
  t.equal(recent.newest, 5);
  t.strictSame(idsOf(recent.find(() => true, 10)), ['e', 'd', 'c']);
  t.strictSame(idsOf(recent.find(() => true, 2)), ['e', 'd']);
  t.strictSame(idsOf(recent.find(({ account }) => account === 'alice', 10)), ['c']);
  t.strictSame(
    recent.after(0, 10).map(({ number, requestId }) => [number, requestId]),
    [
      [3, 'c'],
      [4, 'd'],
      [5, 'e'],
    ],
    'older ones are missing, as their numbers tell',
  );
});

t.test('what was read stays as it was', async (t) => {
  const recent = createRecentDecisions(1);
  note(recent, 'a');
  const [read] = recent.find(() => true, 1);
  note(recent, 'b');
  t.equal(read?.requestId, 'a');
});

t.test('noting makes no new place', async (t) => {
  const recent = createRecentDecisions(2);
  const places = new Set(Array.from({ length: 10 }, () => recent.next()));
  t.equal(places.size, 2);
});
