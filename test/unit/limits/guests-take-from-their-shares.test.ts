// What one connection takes is taken from its address and from its certificate's key, and what is refused says when to
// come again.

import t from 'tap';
import { certificateKey } from '../../../src/limits/certificate-key.ts';
import { Guest, type Guests } from '../../../src/limits/guests.ts';
import { guestsWith, NOW } from '../../kit/guests.ts';
import { makeRoot } from '../../kit/pki.ts';

const ADDRESS = '192.0.2.1';

function arrive(guests: Guests, address = ADDRESS): Guest {
  const guest = guests.arrive(address);
  if (!(guest instanceof Guest)) throw new Error(guest);
  return guest;
}

t.test('handshakes that fail cost more', async (t) => {
  const begun = (failures: number, bytes: number) => {
    const guest = arrive(guestsWith({ perAddress: { handshakesPerSecond: 100, burst: 1000 } }));
    for (let index = 0; index < failures; index++) guest.failHandshake(bytes, NOW);
    let count = 0;
    while (guest.beginHandshake(NOW)) count++;
    return count;
  };
  t.equal(begun(0, 0), 100);
  t.equal(begun(1, 0), 90);
  t.equal(begun(1, 1024), 90);
  t.equal(begun(1, 5 * 1024), 50, 'ten for each KiB');
  t.equal(begun(1, 45 * 1024), 0, 'all of them for a chain of 90 certificates');
});

t.test('but nothing when the certificate proves to be good', async (t) => {
  const guest = arrive(guestsWith({ perAddress: { handshakesPerSecond: 100, burst: 1000 } }));
  t.equal(guest.beginHandshake(NOW), true);
  guest.failHandshake(45 * 1024, NOW);
  t.equal(guest.beginHandshake(NOW), false);
  guest.know();
  guest.know();
  let count = 0;
  while (guest.beginHandshake(NOW)) count++;
  t.equal(count, 99, 'no more is given back than was counted, and once');
});

t.test('requests take from both', async (t) => {
  const root = makeRoot();
  const leaf = root.client({ cn: 'alice' }).der;
  const guests = guestsWith({
    perAddress: { requestsPerSecond: 3, burst: 1000 },
    perCertificate: { requestsPerSecond: 2, burst: 1000 },
  });
  const [here, there, nobody] = [arrive(guests), arrive(guests, '192.0.2.2'), arrive(guests)];
  t.equal(here.identify(leaf, NOW), undefined);
  t.equal(there.identify(leaf, NOW), undefined);
  t.equal(here.ask(undefined, NOW), undefined);
  t.equal(there.ask(undefined, NOW), undefined);
  t.equal(here.ask(undefined, NOW), 'certificate-rate', 'wherever it comes from');
  t.equal(here.retryAfterSeconds('certificate-rate', undefined, NOW), 1);
  t.equal(nobody.ask(undefined, NOW), undefined);
  t.equal(nobody.ask(undefined, NOW), undefined);
  t.equal(nobody.ask(undefined, NOW), 'address-rate', 'whoever it is');
});

t.test('requests at a time', async (t) => {
  const guests = guestsWith({ perCertificate: { requests: 2 } });
  const { der } = makeRoot().client({ cn: 'alice' });
  const [one, other, nobody] = [arrive(guests), arrive(guests), arrive(guests)];
  one.identify(der, NOW);
  other.identify(der, NOW);
  one.beginRequest();
  t.equal(other.ask(undefined, NOW), undefined);
  other.beginRequest();
  for (const guest of [one, other]) t.equal(guest.ask(undefined, NOW), 'certificate-limit');
  t.equal(nobody.ask(undefined, NOW), undefined);
  one.leave(NOW);
  t.equal(other.ask(undefined, NOW), 'certificate-limit', 'what is under way outlasts its connection');
  one.endRequest();
  t.equal(other.ask(undefined, NOW), undefined);
});

t.test('connections and handshakes of one certificate', async (t) => {
  const { der } = makeRoot().client({ cn: 'alice' });
  const guests = guestsWith({ perCertificate: { connections: 2, handshakesPerSecond: 3, burst: 1000 } });
  const first = arrive(guests);
  t.equal(first.identify(der, NOW), undefined);
  t.equal(arrive(guests).identify(der, NOW), undefined);
  t.equal(arrive(guests).identify(der, NOW), 'certificate-limit');
  first.leave(NOW);
  const third = arrive(guests);
  t.equal(third.identify(der, NOW), undefined);
  third.leave(NOW);
  t.equal(arrive(guests).identify(der, NOW), 'certificate-rate');
});

t.test('clients of a proxy are told apart', async (t) => {
  const guests = guestsWith({ perAddress: { requestsPerSecond: 1, burst: 1000 }, isProxy: (it) => it === ADDRESS });
  const proxy = arrive(guests);
  t.equal(proxy.ask('198.51.100.1', NOW), undefined);
  t.equal(proxy.ask('198.51.100.1', NOW), 'address-rate');
  t.equal(proxy.retryAfterSeconds('address-rate', '198.51.100.1', NOW), 1);
  t.equal(proxy.ask('198.51.100.2', NOW), undefined);
  t.equal(arrive(guests, '198.51.100.2').ask(undefined, NOW), 'address-rate', 'with what they ask themselves');
  for (const _ of [1, 2, 3]) t.equal(proxy.ask(undefined, NOW), undefined, 'nobody in particular');
});

t.test('strangers go first', async (t) => {
  const load = { isOver: false };
  const guests = guestsWith({ load });
  const [known, stranger] = [arrive(guests), arrive(guests)];
  known.know();
  t.equal(stranger.ask(undefined, NOW), undefined);
  load.isOver = true;
  t.equal(stranger.ask(undefined, NOW), 'load');
  t.ok(stranger.retryAfterSeconds('load', undefined, NOW) > 0);
  t.equal(known.ask(undefined, NOW), undefined);
  t.equal(guests.arrive(ADDRESS), 'overloaded');
});

t.test('certificates of one key are one client', async (t) => {
  const root = makeRoot();
  const alice = root.client({ cn: 'alice' });
  const renewed = root.client({ cn: 'alice renewed', key: alice.key });
  t.equal(certificateKey(alice.der), certificateKey(renewed.der));
  t.not(certificateKey(alice.der), certificateKey(root.client({ cn: 'alice' }).der));
  const broken = Buffer.from('no certificate');
  t.equal(certificateKey(broken), certificateKey(broken), 'what cannot be read is itself');
  t.not(certificateKey(broken), certificateKey(Buffer.from('nor this')));
});
