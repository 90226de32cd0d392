// Replicas with one secret have one key at one time, and never tell each other; without a secret a key is nobody else's.

import { randomBytes } from 'node:crypto';
import t from 'tap';
import { createTickets } from '../../../src/listener/tickets.ts';

const HOUR_MS = 3_600_000;
const settings = { enabled: true, lifetimeMs: 300_000, rotationMs: HOUR_MS, secret: undefined };
const NOON = 12 * HOUR_MS;

t.test('random keys', async (t) => {
  const [tickets, others] = [createTickets(settings), createTickets(settings)];
  const key = tickets.keyAt(NOON);
  t.equal(key.length, 48, 'as Node takes them');
  t.equal(tickets.keyAt(NOON + HOUR_MS - 1), key, 'the same object for the whole turn');
  t.notSame(others.keyAt(NOON), key, 'each process has its own');
  const next = tickets.keyAt(NOON + HOUR_MS);
  t.notSame(next, key);
  t.notSame(tickets.keyAt(NOON), key, 'what was forgotten does not come back with the clock');
  const before = tickets.keyAt(NOON);
  tickets.replace({ ...settings, lifetimeMs: 1000 });
  t.equal(tickets.keyAt(NOON), before, 'a reload that does not concern it leaves it as it is');
  tickets.replace({ ...settings, secret: randomBytes(32) });
  t.notSame(tickets.keyAt(NOON), before);
});

t.test('keys of a secret', async (t) => {
  const secret = randomBytes(32);
  const shared = { ...settings, secret };
  const [one, two] = [createTickets(shared), createTickets({ ...shared, secret: Buffer.from(secret) })];
  const key = one.keyAt(NOON);
  t.equal(key.length, 48);
  t.same(two.keyAt(NOON + 1), key);
  t.notSame(one.keyAt(NOON + HOUR_MS), key);
  t.same(two.keyAt(NOON + HOUR_MS), one.keyAt(NOON + HOUR_MS));
  for (const [name, other] of Object.entries({
    'another secret': { ...shared, secret: randomBytes(32) },
    'another rotation': { ...shared, rotationMs: 2 * HOUR_MS },
    none: settings,
  })) {
    one.replace(shared);
    const before = one.keyAt(NOON);
    one.replace({ ...shared, secret: Buffer.from(secret) });
    t.equal(one.keyAt(NOON), before, 'the same content is the same secret');
    one.replace(other);
    t.notSame(one.keyAt(NOON), before, name);
  }
});
