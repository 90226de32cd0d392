// What guests take at one replica counts at another one that is told; who takes little is not worth a word.

import t from 'tap';
import { Guest, type Guests } from '../../../src/limits/guests.ts';
import { parseTakings, serializeTakings } from '../../../src/limits/takings-text.ts';
import { guestsWith, NOW } from '../../kit/guests.ts';
import { makeRoot } from '../../kit/pki.ts';

const ADDRESS = '192.0.2.1';
const leaf = makeRoot().client({ cn: 'alice' }).der;
const LIMITS = { requestsPerSecond: 100, handshakesPerSecond: 100, burst: 1000 };

function arrive(guests: Guests, address = ADDRESS): Guest {
  const guest = guests.arrive(address);
  if (!(guest instanceof Guest)) throw new Error(guest);
  return guest;
}

function takeAll(guest: Guest): number {
  let taken = 0;
  while (guest.ask(undefined, NOW) === undefined) taken++;
  return taken;
}

function pass(from: Guests, to: Guests): void {
  const told = from.tell();
  if (told === undefined) throw new Error('it has nothing to tell');
  const heard = parseTakings(serializeTakings(told));
  if (heard === undefined) throw new Error('it cannot be read');
  to.hear(heard, NOW);
}

t.test('of an address', async (t) => {
  const [one, two] = [guestsWith({ perAddress: LIMITS }), guestsWith({ perAddress: LIMITS })];
  const guest = arrive(one);
  for (let count = 0; count < 30; count++) guest.ask(undefined, NOW);
  guest.failHandshake(1024, NOW);
  pass(one, two);
  t.equal(one.tell(), undefined, 'once');
  t.equal(takeAll(arrive(two)), 70);
  t.equal(takeAll(arrive(two, '192.0.2.2')), 100, 'not of another one');
  let handshakes = 0;
  const other = arrive(two);
  while (other.beginHandshake(NOW)) handshakes++;
  t.equal(handshakes, 90, 'what a failed handshake cost');
});

t.test('of a key', async (t) => {
  const [one, two] = [guestsWith({ perCertificate: LIMITS }), guestsWith({ perCertificate: LIMITS })];
  const guest = arrive(one);
  guest.identify(leaf, NOW);
  for (let count = 0; count < 40; count++) guest.ask(undefined, NOW);
  pass(one, two);
  const elsewhere = arrive(two, '192.0.2.2');
  elsewhere.identify(leaf, NOW);
  t.equal(takeAll(elsewhere), 60);
});

t.test('what was told is not told on', async (t) => {
  const [one, two] = [guestsWith({ perAddress: LIMITS }), guestsWith({ perAddress: LIMITS })];
  const guest = arrive(one);
  for (let count = 0; count < 30; count++) guest.ask(undefined, NOW);
  pass(one, two);
  t.equal(two.tell(), undefined);
});

t.test('little, when it has come together', async (t) => {
  const guests = guestsWith({ perAddress: LIMITS });
  const guest = arrive(guests);
  for (let count = 0; count < 9; count++) guest.ask(undefined, NOW);
  t.equal(guests.tell(), undefined);
  guest.ask(undefined, NOW);
  t.strictSame(guests.tell(), { addresses: [[ADDRESS, 0, 10]], certificates: [] });
});

t.test('of many, some now and the others the next time', async (t) => {
  const guests = guestsWith({ perAddress: LIMITS });
  for (let index = 0; index < 600; index++) {
    const guest = arrive(guests, `192.0.${index >> 8}.${index & 255}`);
    for (let count = 0; count < 10; count++) guest.ask(undefined, NOW);
  }
  t.equal(guests.tell()?.addresses.length, 500);
  t.equal(guests.tell()?.addresses.length, 100);
  t.equal(guests.tell(), undefined);
});

t.test('what no replica writes is not read', async (t) => {
  const good = { addresses: [['a', 1, 2]], certificates: [] };
  t.strictSame(parseTakings(JSON.stringify(good)), good);
  for (const bad of [
    '',
    'null',
    '{}',
    JSON.stringify({ ...good, more: 1 }),
    JSON.stringify({ ...good, addresses: [['a', -1, 2]] }),
    JSON.stringify({ ...good, addresses: [['a', 1, 1e300]] }),
    JSON.stringify({ ...good, addresses: [['a'.repeat(65), 1, 2]] }),
    JSON.stringify({ ...good, addresses: Array.from({ length: 501 }, () => ['a', 1, 2]) }),
  ]) {
    t.equal(parseTakings(bad), undefined, bad.slice(0, 60));
  }
});
