// A request that was one too many for its address took from its certificate all the same: one client behind a proxy, refused
// for asking too often, used up what the proxy's certificate may ask for all the others.

import t from 'tap';
import { Guest, type Guests } from '../../src/limits/guests.ts';
import { guestsWith, NOW } from '../kit/guests.ts';
import { makeRoot } from '../kit/pki.ts';

const PROXY = '192.0.2.1';
const [LOUD, QUIET] = ['198.51.100.1', '198.51.100.2'];

function arrive(guests: Guests, address: string): Guest {
  const guest = guests.arrive(address);
  if (!(guest instanceof Guest)) throw new Error(guest);
  return guest;
}

t.test('from no certificate', async (t) => {
  const guests = guestsWith({
    perAddress: { requestsPerSecond: 2, burst: 1000 },
    perCertificate: { requestsPerSecond: 5, burst: 1000 },
    isProxy: (address) => address === PROXY,
  });
  const proxy = arrive(guests, PROXY);
  t.equal(proxy.identify(makeRoot().client({ cn: 'proxy' }).der, NOW), undefined);
  const askAll = (client: string, count: number) => Array.from({ length: count }, () => proxy.ask(client, NOW));
  t.strictSame(askAll(LOUD, 4), [undefined, undefined, 'address-rate', 'address-rate']);
  for (const outcome of askAll(LOUD, 100)) t.equal(outcome, 'address-rate');
  t.strictSame(askAll(QUIET, 3), [undefined, undefined, 'address-rate']);
  t.strictSame(askAll('198.51.100.3', 2), [undefined, 'certificate-rate'], 'what was served counts');
});

t.test('and from no address', async (t) => {
  const guests = guestsWith({
    perAddress: { requestsPerSecond: 5, burst: 1000 },
    perCertificate: { requestsPerSecond: 2, burst: 1000 },
  });
  const [known, neighbour] = [arrive(guests, PROXY), arrive(guests, PROXY)];
  known.identify(makeRoot().client({ cn: 'alice' }).der, NOW);
  const askAll = (guest: Guest, count: number) => Array.from({ length: count }, () => guest.ask(undefined, NOW));
  t.strictSame(askAll(known, 3), [undefined, undefined, 'certificate-rate']);
  for (const outcome of askAll(known, 100)) t.equal(outcome, 'certificate-rate');
  t.strictSame(askAll(neighbour, 4), [undefined, undefined, undefined, 'address-rate']);
});
