// Each defect alone, beside the same change without it.

import t from 'tap';
import type { AccountEdit, Change, NewAccount } from '../../../src/directory/changes.ts';
import { findFlaw } from '../../../src/directory/check-change.ts';
import { directoryOptions } from '../../../src/directory/options.ts';
import { planChanges } from '../../../src/directory/plan.ts';
import { readPostgresUrl, readSqliteUrl } from '../../../src/directory/urls.ts';
import type { CredentialMatch } from '../../../src/model/client.ts';

const HASH = 'a'.repeat(64);
const add = (account: Partial<NewAccount>): Change => ({
  do: 'add-account',
  account: { name: 'alice', kind: 'person', ...account },
});
const edit = (set: AccountEdit): Change => ({ do: 'edit-account', name: 'alice', set });
const register = (match: CredentialMatch): Change => ({
  do: 'add-credential',
  account: 'alice',
  credential: { match },
});

const SOUND: Readonly<Record<string, Change>> = {
  account: add({}),
  'account with everything': add({
    displayName: 'آ\u200cب',
    roles: ['ops'],
    validFrom: 1,
    validUntil: 1,
    notes: 'a\tb\r\nc',
  }),
  edit: edit({ validFrom: null, validUntil: 5 }),
  'serial number': register({ kind: 'issuer-serial', issuerSpki: HASH, serial: 'FF'.repeat(20) }),
  key: register({ kind: 'spki', spki: HASH }),
  block: { do: 'add-block', match: { kind: 'account', account: 'alice' }, reason: 'left', until: 0 },
};

const FLAWED: Readonly<Record<string, Change>> = {
  'no name': add({ name: '' }),
  'a long name': add({ name: 'a'.repeat(257) }),
  'space around a name': add({ name: 'alice ' }),
  'a control character': add({ name: 'ali\u0000ce' }),
  'a line break in a name': add({ name: 'ali\nce' }),
  'an invisible character': add({ name: 'ali\u200bce' }),
  'half a surrogate pair': add({ name: 'ali\ud800ce' }),
  'a turned direction': add({ displayName: 'a\u202eb' }),
  'long notes': edit({ notes: 'a'.repeat(4_097) }),
  'too many roles': edit({ roles: Array.from({ length: 65 }, (_, index) => `r${index}`) }),
  'a role without a name': edit({ roles: [''] }),
  'a time that is none': edit({ validFrom: Number.NaN }),
  'a time before all times': edit({ validUntil: -1 }),
  'an end before the beginning': edit({ validFrom: 2, validUntil: 1 }),
  'a kind that is none': add({ kind: 'robot' as 'app' }),
  'a serial number that is not canonical': register({ kind: 'issuer-serial', issuerSpki: HASH, serial: 'ff' }),
  'a serial number with leading zeros': register({ kind: 'issuer-serial', issuerSpki: HASH, serial: '00FF' }),
  'a serial number of 21 octets': register({ kind: 'issuer-serial', issuerSpki: HASH, serial: 'FF'.repeat(21) }),
  'an issuer’s name': register({ kind: 'issuer-serial', issuerSpki: 'CN=CA', serial: 'FF' }),
  'a digest in capitals': register({ kind: 'fingerprint', fingerprint: HASH.toUpperCase() }),
  'a SHA-1 thumbprint': register({ kind: 'fingerprint', fingerprint: 'a'.repeat(40) }),
  'a block without a reason': { do: 'add-block', match: { kind: 'spki', spki: HASH }, reason: '' },
};

t.test('sound changes', async (t) => {
  for (const [name, change] of Object.entries(SOUND)) t.equal(findFlaw(change), undefined, name);
});

t.test('flawed changes', async (t) => {
  for (const [name, change] of Object.entries(FLAWED)) t.type(findFlaw(change), 'string', name);
});

t.test('who does it has a name, and says why in plain text', async (t) => {
  const nothing = { accounts: [], credentials: [], blocks: [] };
  const context = { generation: 1, now: 0, createId: () => 'id' };
  const problems = (request: { actor: string; why?: string }) =>
    planChanges(nothing, { changes: [add({})], ...request }, context).problems.map(({ index, code }) => [index, code]);
  t.strictSame(problems({ actor: 'ops', why: 'ticket 1' }), []);
  t.strictSame(problems({ actor: '' }), [[undefined, 'invalid']]);
  t.strictSame(problems({ actor: 'ops', why: '\u0007' }), [[undefined, 'invalid']]);
});

t.test('addresses of databases', async (t) => {
  t.equal(readSqliteUrl('sqlite:../data/clients.db'), '../data/clients.db');
  for (const url of ['sqlite:', 'sqlite:a?mode=ro', 'file:a', 'sqlite']) t.equal(readSqliteUrl(url), undefined, url);
  t.match(readPostgresUrl('postgres://me:p%40ss@[::1]:5433/clients'), {
    host: '::1',
    port: 5433,
    user: 'me',
    password: 'p@ss',
    database: 'clients',
  });
  t.match(readPostgresUrl('postgresql://me@db/clients'), { host: 'db', port: 5432, password: undefined });
  for (const url of [
    'postgres://me@db/clients?sslmode=disable',
    'postgres://me@db/clients#x',
    'postgres://db/clients',
    'postgres://me@db/',
    'postgres://me@db/a/b',
    'postgres://me@/clients',
    'postgres://m%e@db/clients',
    'mysql://me@db/clients',
    'postgres:clients',
  ]) {
    t.equal(readPostgresUrl(url), undefined, url);
    t.notOk(directoryOptions.safeParse({ url }).success, url);
  }
  t.match(directoryOptions.parse({}), { url: 'sqlite:../data/clients.db', staleness: 0, connections: 4 });
  t.match(directoryOptions.parse({ url: 'postgres://me@db/clients', staleness: '1m' }), { staleness: 60_000 });
  t.notOk(directoryOptions.safeParse({ staleness: '2d' }).success);
});
