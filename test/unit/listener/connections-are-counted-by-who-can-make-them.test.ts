// The count behind `connections` and `connectionsPerAddress`: an IPv6 host has a whole /64, and so that counts as one.

import t from 'tap';
import { createConnectionCount } from '../../../src/listener/connection-count.ts';

t.test('by address', async (t) => {
  const count = createConnectionCount({ connections: 100, connectionsPerAddress: 2 });
  const [first, second] = [count.enter('192.0.2.1'), count.enter('192.0.2.1')];
  t.equal(typeof first, 'function');
  t.equal(count.enter('192.0.2.1'), 'address-limit');
  t.equal(typeof count.enter('192.0.2.2'), 'function', 'another address has places of its own');
  if (typeof first !== 'function' || typeof second !== 'function') throw new Error('unreachable');
  first();
  t.equal(typeof count.enter('192.0.2.1'), 'function', 'a place that became free');
  t.equal(count.enter('192.0.2.1'), 'address-limit');
});

t.test('in all', async (t) => {
  const count = createConnectionCount({ connections: 2, connectionsPerAddress: 2 });
  const leave = count.enter('192.0.2.1');
  t.equal(typeof count.enter('192.0.2.2'), 'function');
  t.equal(count.enter('192.0.2.3'), 'limit');
  if (typeof leave !== 'function') throw new Error('unreachable');
  leave();
  t.equal(typeof count.enter('192.0.2.3'), 'function');
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
];

t.test('an IPv6 address with its /64', async (t) => {
  for (const [index, addresses] of NETWORKS.entries()) {
    for (const one of addresses) {
      for (const other of addresses) {
        const count = createConnectionCount({ connections: 100, connectionsPerAddress: 1 });
        t.equal(typeof count.enter(one), 'function');
        t.equal(count.enter(other), 'address-limit', `${one} and ${other} are one client`);
        for (const [stranger] of NETWORKS.filter((_, at) => at !== index)) {
          t.equal(typeof count.enter(stranger ?? ''), 'function', `${one} and ${stranger} are two`);
        }
      }
    }
  }
});
