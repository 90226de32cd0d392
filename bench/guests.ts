// What do the limits by address and by certificate cost a request? `node --expose-gc bench/guests.ts`: nanoseconds and
// bytes for each, with a certificate.

import { Guest } from '../src/limits/guests.ts';
import { guestsWith } from '../test/kit/guests.ts';
import { makeRoot } from '../test/kit/pki.ts';

const ROUNDS = 10;
const REQUESTS = 1_000_000;
/** The promise. */
const MOST_NANOS = 500;

const rate = { requestsPerSecond: 1_000_000_000 };
const guest = guestsWith({ perAddress: rate, perCertificate: rate }).arrive('192.0.2.1');
if (!(guest instanceof Guest)) throw new Error(guest);
guest.identify(makeRoot().client().der, performance.now());

/** As the gate does it. The moment is the request's own, which is taken anyway. */
function ask(one: Guest, count: number, from: number): number {
  let refused = 0;
  for (let index = 0; index < count; index++) {
    if (one.ask(undefined, from + index / 1000) !== undefined) refused++;
    one.beginRequest();
    one.endRequest();
  }
  return refused;
}

let now = performance.now();
let best = Number.POSITIVE_INFINITY;
let bytes = 0;
for (let round = 0; round < ROUNDS; round++) {
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed;
  const start = process.hrtime.bigint();
  if (ask(guest, REQUESTS, now) > 0) throw new Error('none should be refused');
  best = Math.min(best, Number(process.hrtime.bigint() - start) / REQUESTS);
  bytes = (process.memoryUsage().heapUsed - heap) / REQUESTS;
  now += REQUESTS / 1000;
}
process.stdout.write(`${best.toFixed(0)} ns, ${bytes.toFixed(2)} bytes for a request\n`);
process.exitCode = best < MOST_NANOS ? 0 : 1;
