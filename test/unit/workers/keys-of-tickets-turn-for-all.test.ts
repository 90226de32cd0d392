// The process that makes the keys of tickets tells the others when there is another one: by time, and by a reload.

import t from 'tap';
import { turnTickets } from '../../../src/app/workers/turn-tickets.ts';
import { createTickets } from '../../../src/listener/tickets.ts';
import { until } from '../../kit/until.ts';

const settings = { enabled: true, lifetimeMs: 1000, rotationMs: 1000, secret: undefined };

t.test('by time', async (t) => {
  const told: Buffer[] = [];
  const tickets = turnTickets({ settings, clock: Date.now, onTurn: (key) => told.push(key) });
  const first = tickets.key;
  await until(() => told.length >= 2);
  tickets.close();
  t.equal(tickets.key, told.at(-1));
  t.equal(new Set([first, ...told].map((key) => key.toString('hex'))).size, told.length + 1, 'each is another one');
});

t.test('by a reload that gives a secret, and not by one that changes nothing', async (t) => {
  const told: Buffer[] = [];
  const clock = () => 5_000;
  const tickets = turnTickets({ settings, clock, onTurn: (key) => told.push(key) });
  tickets.replace(settings);
  t.equal(told.length, 0);
  const shared = { ...settings, secret: Buffer.alloc(32, 1) };
  tickets.replace(shared);
  tickets.close();
  t.strictSame(told, [createTickets(shared).keyAt(clock())], 'the key that replicas make of it');
  t.equal(tickets.key, told[0]);
});
