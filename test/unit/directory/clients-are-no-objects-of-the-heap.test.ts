// Whatever stands in the heap costs requests, for it is visited whenever garbage is collected.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { createLookUp, type LookUp } from '../../../src/directory/look-up.ts';
import type { AccountRecord, Credential } from '../../../src/model/client.ts';

const CLIENTS = 20_000;
/** As objects they take some 600. */
const MOST_BYTES_PER_CLIENT = 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function usedHeap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

function accountOf(index: number): AccountRecord {
  const times = { createdAt: 0, changedAt: 0, validFrom: undefined, validUntil: undefined };
  return {
    name: `user-${index}`,
    displayName: '',
    kind: 'person',
    roles: ['staff'],
    enabled: true,
    notes: '',
    ...times,
  };
}

function credentialOf(index: number): Credential {
  const match = {
    kind: 'issuer-serial',
    issuerSpki: 'ab'.repeat(32),
    serial: (0x7f000000 + index).toString(16),
  } as const;
  const none = { fingerprint: undefined, lastSeenAt: undefined };
  return { id: `id-${index}`, account: `user-${index}`, match, issuerName: '', label: '', createdAt: 0, ...none };
}

function fill(lookUp: LookUp, from: number, to: number): void {
  for (let index = from; index < to; index++) {
    lookUp.apply([{ removals: [], accounts: [accountOf(index)], credentials: [credentialOf(index)], blocks: [] }]);
  }
}

t.test('any number of clients takes next to nothing of it', async (t) => {
  const lookUp = createLookUp();
  fill(lookUp, 0, 100);
  const before = usedHeap();
  fill(lookUp, 100, CLIENTS);
  const bytes = (usedHeap() - before) / CLIENTS;
  t.strictSame(lookUp.sizes, { accounts: CLIENTS, credentials: CLIENTS, blocks: 0 });
  t.ok(bytes < MOST_BYTES_PER_CLIENT, `${bytes.toFixed(1)} bytes of the heap for a client`);
  t.match(lookUp.findAccount(`user-${CLIENTS - 1}`).account, { roles: ['staff'] });
});
