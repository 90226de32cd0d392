// The count behind `connections` and `perAddress.connections`: an IPv6 host has a whole /64, and so that counts as one.

import t from 'tap';
import { Guest } from '../../../src/limits/guests.ts';
import { guestsWith, NOW } from '../../kit/guests.ts';

t.test('by address', async (t) => {
  const guests = guestsWith({ connections: 100, perAddress: { connections: 2 } });
  const [first, second] = [guests.arrive('192.0.2.1'), guests.arrive('192.0.2.1')];
  if (!(first instanceof Guest) || !(second instanceof Guest)) throw new Error('both have a place');
  t.equal(guests.arrive('192.0.2.1'), 'address-limit');
  t.type(guests.arrive('192.0.2.2'), Guest, 'another address has places of its own');
  first.leave(NOW);
  t.type(guests.arrive('192.0.2.1'), Guest, 'a place that became free');
  t.equal(guests.arrive('192.0.2.1'), 'address-limit');
});

t.test('in all', async (t) => {
  const guests = guestsWith({ connections: 2, perAddress: { connections: 2 } });
  const first = guests.arrive('192.0.2.1');
  t.equal(guests.isFull, false);
  t.type(guests.arrive('192.0.2.2'), Guest);
  t.equal(guests.isFull, true);
  t.equal(guests.arrive('192.0.2.3'), 'limit');
  if (!(first instanceof Guest)) throw new Error('it has a place');
  first.leave(NOW);
  t.equal(guests.open, 1);
  t.type(guests.arrive('192.0.2.3'), Guest);
});

t.test('a proxy has as many as there are', async (t) => {
  const guests = guestsWith({
    connections: 3,
    perAddress: { connections: 1 },
    isProxy: (address) => address === '192.0.2.1',
  });
  for (const _ of [1, 2, 3]) t.type(guests.arrive('192.0.2.1'), Guest);
  t.equal(guests.arrive('192.0.2.1'), 'limit');
});

/** Of each list all are one client, and no two lists are the same one. */
const NETWORKS: readonly (readonly string[])[] = [
  ['2001:db8:0:1::1', '2001:db8:0:1::2', '2001:db8:0:1:ffff:ffff:ffff:ffff', '2001:db8:0:1:2:3:4:5', '2001:db8:0:1::'],
  ['2001:db8:0:2::1', '2001:db8:0:2:1::'],
  ['2001:db8::1', '2001:db8::ffff:0:0:1', '2001:db8::'],
  ['2001:db8:1::1', '2001:db8:1:0:1::1'],
  ['fe80::1%eth0', 'fe80::2%eth0', 'fe80::3'],
  ['::1', '::2', '::'],
  ['2001:0:0:1::1', '2001:0:0:1:1::'],
  ['64:ff9b::192.0.2.1', '64:ff9b::192.0.2.2'],
  ['1::', '1::1'],
  ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:192.0.2.1', '0:0:0:0:0:ffff:192.0.2.1'],
  ['::ffff:192.0.2.2', '192.0.2.2'],
  ['::ffff:c000:203', '::ffff:c000:203'],
];

t.test('an IPv6 address with its /64', async (t) => {
  for (const [index, addresses] of NETWORKS.entries()) {
    for (const one of addresses) {
      for (const other of addresses) {
        const guests = guestsWith({ connections: 100, perAddress: { connections: 1 } });
        t.type(guests.arrive(one), Guest);
        t.equal(guests.arrive(other), 'address-limit', `${one} and ${other} are one client`);
        for (const [stranger] of NETWORKS.filter((_, at) => at !== index)) {
          t.type(guests.arrive(stranger ?? ''), Guest, `${one} and ${stranger} are two`);
        }
      }
    }
  }
});
