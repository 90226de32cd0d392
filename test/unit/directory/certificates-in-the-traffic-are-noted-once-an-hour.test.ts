import t from 'tap';
import { createInventory } from '../../../src/directory/inventory.ts';
import { silentLog } from '../../../src/model/log.ts';
import type { SeenCertificate } from '../../../src/model/traffic.ts';
import { malleate } from '../../kit/malleate.ts';
import { makeRoot } from '../../kit/pki.ts';

const HOUR_MS = 3_600_000;
const ISSUER = 'a'.repeat(64);
const root = makeRoot();
const alice = root.client({ cn: 'alice', serial: '0A' });
const leaf = alice.facts;

/** Each batch that was written; fails while `isAway`. */
function startInventory() {
  const written: (readonly SeenCertificate[])[] = [];
  const state = { now: 100 * HOUR_MS, isAway: false };
  const inventory = createInventory({
    store: {
      async recordCertificates(batch) {
        if (state.isAway) throw new Error('away');
        written.push(batch);
      },
    },
    clock: () => state.now,
    log: silentLog,
  });
  return { inventory, state, written };
}

t.test('a certificate that comes often is written once an hour', async (t) => {
  const { inventory, state, written } = startInventory();
  for (let times = 0; times < 5; times++) inventory.note(leaf, ISSUER, 'alice', 'localhost');
  await inventory.close();
  t.strictSame(written, [
    [
      {
        id: leaf.tbsHash,
        fingerprint: leaf.fingerprint,
        issuerSpki: ISSUER,
        serial: '0A',
        issuer: 'CN=Test Root',
        subject: 'CN=alice',
        account: 'alice',
        site: 'localhost',
        notBefore: leaf.notBefore,
        notAfter: leaf.notAfter,
        firstSeenAt: state.now,
        lastSeenAt: state.now,
      },
    ],
  ]);
  state.now += HOUR_MS - 1;
  inventory.note(leaf, ISSUER, 'alice', 'localhost');
  await inventory.close();
  t.equal(written.length, 1);
  state.now += 1;
  inventory.note(leaf, ISSUER, 'alice', 'localhost');
  await inventory.close();
  t.equal(written.length, 2, 'an hour later it is again');
});

t.test('that it has an account now is written at once', async (t) => {
  const { inventory, written } = startInventory();
  inventory.note(leaf, ISSUER, undefined, 'localhost');
  await inventory.close();
  inventory.note(leaf, ISSUER, 'alice', 'localhost');
  inventory.note(leaf, ISSUER, undefined, 'localhost');
  await inventory.close();
  t.match(written, [[{ account: undefined }], [{ account: 'alice' }]]);
});

t.test('another encoding of a certificate is the same certificate', async (t) => {
  const { inventory, written } = startInventory();
  const twin = malleate(leaf);
  t.not(twin.fingerprint, leaf.fingerprint);
  inventory.note(leaf, ISSUER, 'alice', 'localhost');
  inventory.note(twin, ISSUER, 'alice', 'localhost');
  await inventory.close();
  t.match(written, [[{ id: leaf.tbsHash, fingerprint: twin.fingerprint }]]);
  t.equal(written[0]?.length, 1);
});

t.test('what could not be written is noted again when it comes again', async (t) => {
  const { inventory, state, written } = startInventory();
  state.isAway = true;
  inventory.note(leaf, ISSUER, 'alice', 'localhost');
  await inventory.close();
  state.isAway = false;
  inventory.note(leaf, ISSUER, 'alice', 'localhost');
  await inventory.close();
  t.equal(written.length, 1);
});

t.test('names are cut where they are long', async (t) => {
  const { inventory, written } = startInventory();
  const subject = Array.from({ length: 40 }, () => ({ type: 'CN', value: 'x'.repeat(60) }));
  inventory.note(root.client({ subject }).facts, ISSUER, 'a\0\ud800'.repeat(900), 'localhost');
  await inventory.close();
  const [seen] = written[0] ?? [];
  t.equal(seen?.subject.length, 512);
  t.match(seen?.account, /^(a\ufffd\ufffd)+a?\ufffd?$/);
});
