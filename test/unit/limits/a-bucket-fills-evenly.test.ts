// A rate lets a burst pass, then what comes evenly; who owes more waits longer, but never longer than two buckets; and of
// those who have no connection only so many are remembered.

import t from 'tap';
import { Pace } from '../../../src/limits/pace.ts';
import { Shares } from '../../../src/limits/shares.ts';
import { NOW } from '../../kit/guests.ts';

function takeAll(pace: Pace, now: number): number {
  let taken = 0;
  while (pace.take(now)) taken++;
  return taken;
}

t.test('a burst, then one after the other', async (t) => {
  const pace = new Pace(10, 2000);
  t.equal(pace.isFull(NOW), true);
  t.equal(takeAll(pace, NOW), 20, 'as many at once as would come in 2 s');
  t.equal(pace.isFull(NOW), false);
  t.equal(pace.waitMs(NOW), 100);
  t.equal(takeAll(pace, NOW + 99), 0);
  t.equal(takeAll(pace, NOW + 100), 1);
  t.equal(takeAll(pace, NOW + 600), 5);
  t.equal(pace.isFull(NOW + 2599), false);
  t.equal(pace.isFull(NOW + 2600), true);
  t.equal(takeAll(pace, NOW + 60_000), 20, 'no more than a bucket, however long it was left alone');
});

t.test('a debt', async (t) => {
  const pace = new Pace(10, 2000);
  pace.charge(5, NOW);
  t.equal(takeAll(pace, NOW), 15);
  pace.charge(1_000_000, NOW);
  t.equal(takeAll(pace, NOW + 2000), 0);
  t.equal(takeAll(pace, NOW + 4000), 20, 'is forgiven behind two buckets at most');
});

const LIMITS = { connections: 2, handshakesPerSecond: 1, requestsPerSecond: 1, burst: 1000 };

t.test('whoever is away keeps what he owes', async (t) => {
  const shares = new Shares(LIMITS);
  const share = shares.enter('a');
  if (share === undefined) throw new Error('it has a place');
  t.equal(share.asked.take(NOW), true);
  shares.leave(share, NOW);
  t.equal(shares.enter('a'), share);
  t.equal(share.asked.take(NOW), false);
  shares.leave(share, NOW + 1000);
  t.not(shares.enter('a'), share, 'and nothing is kept of whom nothing is owed by');
});

t.test('those away longest are forgotten', async (t) => {
  const shares = new Shares(LIMITS, 2);
  const [a, b] = [shares.of('a'), shares.of('b')];
  t.equal(shares.of('a'), a, 'asked again');
  shares.of('c');
  t.equal(shares.of('a'), a);
  t.not(shares.of('b'), b);
});

t.test('but nobody with a connection', async (t) => {
  const shares = new Shares(LIMITS, 1);
  const a = shares.enter('a');
  for (const other of ['b', 'c', 'd']) shares.of(other);
  t.equal(shares.of('a'), a);
  t.equal(shares.enter('a'), a);
  t.equal(shares.enter('a'), undefined, 'it has two already');
});
