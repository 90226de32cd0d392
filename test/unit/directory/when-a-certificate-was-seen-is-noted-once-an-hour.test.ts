import t from 'tap';
import { createSightings } from '../../../src/directory/sightings.ts';
import type { Sighting } from '../../../src/directory/store.ts';
import { silentLog } from '../../../src/model/log.ts';
import { makeRoot } from '../../kit/pki.ts';

const HOUR_MS = 3_600_000;
const leaf = makeRoot().client({ serial: '0A' }).facts;
const ISSUER = 'a'.repeat(64);

/** Each batch that was written; fails while `isAway`. */
function startSightings() {
  const written: (readonly Sighting[])[] = [];
  const state = { now: 100 * HOUR_MS, isAway: false };
  const sightings = createSightings({
    store: {
      async recordSeen(batch) {
        if (state.isAway) throw new Error('away');
        written.push(batch);
      },
    },
    clock: () => state.now,
    log: silentLog,
  });
  return { sightings, state, written };
}

t.test('a certificate that comes often is written once', async (t) => {
  const { sightings, state, written } = startSightings();
  const credential = { id: 'c1', lastSeenAt: undefined, unbound: false };
  for (let times = 0; times < 5; times++) sightings.note(credential, leaf, ISSUER);
  await sightings.close();
  t.strictSame(written, [[{ credential: 'c1', at: state.now, bind: undefined }]]);
  sightings.note(credential, leaf, ISSUER);
  state.now += HOUR_MS - 1;
  sightings.note(credential, leaf, ISSUER);
  await sightings.close();
  t.equal(written.length, 1);
  state.now += 1;
  sightings.note(credential, leaf, ISSUER);
  await sightings.close();
  t.equal(written.length, 2, 'an hour later it is again');
});

t.test('what another replica has written counts', async (t) => {
  const { sightings, state, written } = startSightings();
  sightings.note({ id: 'c1', lastSeenAt: state.now - HOUR_MS + 1, unbound: false }, leaf, ISSUER);
  await sightings.close();
  t.strictSame(written, []);
});

t.test('a fingerprint is bound at once, whenever it was seen', async (t) => {
  const { sightings, state, written } = startSightings();
  const credential = { id: 'c1', lastSeenAt: state.now, unbound: true };
  sightings.note(credential, leaf, ISSUER);
  sightings.note(credential, leaf, ISSUER);
  await sightings.close();
  t.strictSame(written, [[{ credential: 'c1', at: state.now, bind: { issuerSpki: ISSUER, serial: '0A' } }]]);
});

t.test('what could not be written is noted again when it comes again', async (t) => {
  const { sightings, state, written } = startSightings();
  const credential = { id: 'c1', lastSeenAt: undefined, unbound: false };
  state.isAway = true;
  sightings.note(credential, leaf, ISSUER);
  await sightings.close();
  state.isAway = false;
  sightings.note(credential, leaf, ISSUER);
  await sightings.close();
  t.equal(written.length, 1);
});
