// What every database of clients must do, whichever it is.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import type { Change, ChangeOutcome, ChangeRequest } from '../../src/directory/changes.ts';
import { STEPS } from '../../src/directory/migrations.ts';
import { openDirectory } from '../../src/directory/open.ts';
import type { Batch, DirectoryStore, Loaded } from '../../src/directory/store.ts';
import type { AccountRecord, Block, Credential } from '../../src/model/client.ts';
import { StartFault } from '../../src/model/fault.ts';
import { until } from '../kit/until.ts';

/** A database of the test's own, in which nothing is yet. */
export interface Place {
  readonly url: string;
  /** Runs SQL on it as anybody could, one statement. */
  run(sql: string): void;
  /** Makes it unreachable for everybody, as a fault does, and reachable again with what was in it. */
  takeAway(): Promise<void>;
  bringBack(): Promise<void>;
}

export interface Content extends Loaded {
  readonly accounts: readonly AccountRecord[];
  readonly credentials: readonly Credential[];
  readonly blocks: readonly Block[];
  readonly removals: readonly string[];
}

const NOW = Date.UTC(2026, 5, 1);
const WRITER = fileURLToPath(new URL('../kit/directory-writer.ts', import.meta.url));

export const digest = (letter: string) => letter.repeat(64);
export const serialOf = (serial: string, issuer = 'a') =>
  ({ kind: 'issuer-serial', issuerSpki: digest(issuer), serial }) as const;

/** An account with one certificate. */
export function person(name: string, serial: string): Change {
  return { do: 'add-account', account: { name, kind: 'person' }, credentials: [{ match: serialOf(serial) }] };
}

/** Everything, or what has changed since, in the order of keys. */
export async function readAll(store: DirectoryStore, since?: number): Promise<Content> {
  const batches: Batch[] = [];
  const loaded = await store.load(since, (batch) => batches.push(batch));
  return {
    ...loaded,
    accounts: batches.flatMap(({ accounts }) => accounts),
    credentials: batches.flatMap(({ credentials }) => credentials),
    blocks: batches.flatMap(({ blocks }) => blocks),
    removals: batches.flatMap(({ removals }) => removals.map(({ kind, id }) => `${kind} ${id}`)),
  };
}

/** Changes that must succeed; gives what was made, ids of all changes in a row. */
export async function change(store: DirectoryStore, ...changes: readonly Change[]): Promise<readonly string[]> {
  const outcome = await store.change({ actor: 'tester', changes });
  if (!outcome.done) throw new Error(JSON.stringify(outcome.problems));
  return outcome.made.flat();
}

function problemsOf(outcome: ChangeOutcome): unknown {
  return outcome.done ? [] : outcome.problems.map(({ index, code }) => [index, code]);
}

/** The same from a process of its own. */
export async function changeElsewhere(url: string, request: ChangeRequest): Promise<void> {
  await promisify(execFile)(process.execPath, [WRITER, url, JSON.stringify(request)]);
}

export async function testDirectory(t: Test, createPlace: (t: Test) => Place | Promise<Place>): Promise<void> {
  const open = async (t: Test, { url }: Place) => {
    const store = openDirectory(url, { clock: () => NOW });
    t.teardown(() => store.close());
    await store.prepare();
    return store;
  };
  const openNew = async (t: Test) => {
    const place = await createPlace(t);
    return { place, store: await open(t, place) };
  };

  await t.test('what is added is read back', async (t) => {
    const { store } = await openNew(t);
    t.strictSame(await readAll(store), {
      generation: 0,
      whole: true,
      accounts: [],
      credentials: [],
      blocks: [],
      removals: [],
    });
    const full = {
      name: "o'Hara \u{1f600}",
      displayName: 'Ann "O" Hara',
      kind: 'app',
      roles: ['ops', 'röle'],
      validFrom: NOW,
      validUntil: NOW + 1,
      enabled: false,
      notes: 'line 1\nline 2',
    } as const;
    const match = serialOf('0A1B');
    const [first, second, block] = await change(
      store,
      { do: 'add-account', account: { name: 'bob', kind: 'device' } },
      {
        do: 'add-account',
        account: full,
        credentials: [{ match, fingerprint: digest('b'), issuerName: 'CN=CA', label: 'laptop' }],
      },
      { do: 'add-credential', account: 'bob', credential: { match: { kind: 'spki', spki: digest('c') } } },
      { do: 'add-block', match: { kind: 'tbs', tbs: digest('d') }, reason: 'stolen', until: NOW + 5 },
    );
    const content = await readAll(store);
    t.equal(content.generation, 1);
    const times = { createdAt: NOW, changedAt: NOW };
    t.strictSame(content.accounts, [
      {
        name: 'bob',
        displayName: '',
        kind: 'device',
        roles: [],
        validFrom: undefined,
        validUntil: undefined,
        enabled: true,
        notes: '',
        ...times,
      },
      { ...full, ...times },
    ]);
    const sorted = content.credentials.toSorted((a, b) => a.account.localeCompare(b.account));
    const common = { createdAt: NOW, lastSeenAt: undefined };
    t.strictSame(sorted, [
      {
        ...common,
        id: second,
        account: 'bob',
        match: { kind: 'spki', spki: digest('c') },
        fingerprint: undefined,
        issuerName: '',
        label: '',
      },
      {
        ...common,
        id: first,
        account: full.name,
        match,
        fingerprint: digest('b'),
        issuerName: 'CN=CA',
        label: 'laptop',
      },
    ]);
    t.strictSame(content.blocks, [
      {
        id: block,
        match: { kind: 'tbs', tbs: digest('d') },
        reason: 'stolen',
        until: NOW + 5,
        createdAt: NOW,
        createdBy: 'tester',
      },
    ]);
  });

  await t.test('what is edited and removed is read back', async (t) => {
    const { store } = await openNew(t);
    const [first = '', , block = ''] = await change(
      store,
      person('alice', '01'),
      person('bob', '02'),
      { do: 'add-block', match: { kind: 'account', account: 'bob' }, reason: 'left' },
      { do: 'add-block', match: serialOf('01'), reason: 'lost' },
    );
    await change(
      store,
      { do: 'edit-account', name: 'alice', set: { enabled: false, validFrom: 5, validUntil: 9, roles: ['a'] } },
      { do: 'edit-account', name: 'alice', set: { validFrom: null, displayName: 'Alice' } },
      { do: 'remove-credential', id: first },
      { do: 'remove-account', name: 'bob' },
      { do: 'remove-block', id: block },
    );
    const content = await readAll(store);
    t.match(content, { accounts: [{ name: 'alice', enabled: false, displayName: 'Alice', roles: ['a'] }] });
    t.match(content.accounts[0], { validFrom: undefined, validUntil: 9 });
    t.strictSame(content.credentials, [], 'bob’s certificate went with him');
    t.match(content.blocks, [{ match: serialOf('01') }]);
    t.equal(content.blocks.length, 1);
  });

  await t.test('a fingerprint is taken where a certificate is known by more', async (t) => {
    const { store } = await openNew(t);
    await change(store, person('alice', '01'), person('bob', '02'));
    const byFingerprint = (account: string, letter: string): Change => {
      const match = { kind: 'fingerprint', fingerprint: digest(letter) } as const;
      return { do: 'add-credential', account, credential: { match } };
    };
    const whole = { match: serialOf('03'), fingerprint: digest('c') };
    await change(store, { do: 'add-credential', account: 'alice', credential: whole }, byFingerprint('bob', 'd'));
    const outcome = await store.change({ actor: 'tester', changes: [byFingerprint('bob', 'c')] });
    t.strictSame(problemsOf(outcome), [[0, 'certificate-taken']]);
    const both: Change[] = [
      { do: 'add-credential', account: 'alice', credential: { match: serialOf('05'), fingerprint: digest('e') } },
      byFingerprint('bob', 'e'),
    ];
    t.strictSame(problemsOf(await store.change({ actor: 'tester', changes: both })), [[1, 'certificate-taken']]);
  });

  await t.test('a certificate may change hands in one request', async (t) => {
    const { store } = await openNew(t);
    const [id = ''] = await change(store, person('alice', '01'), person('bob', '02'));
    const moved: Change = { do: 'add-credential', account: 'bob', credential: { match: serialOf('01') } };
    const before = await store.change({ actor: 'tester', changes: [moved] });
    t.strictSame(problemsOf(before), [[0, 'certificate-taken']]);
    await change(store, { do: 'remove-credential', id }, moved, { do: 'remove-account', name: 'alice' });
    const { credentials } = await readAll(store);
    t.strictSame(credentials.map(({ account }) => account).sort(), ['bob', 'bob']);
  });

  await t.test('all problems are told, and nothing is written', async (t) => {
    const { store } = await openNew(t);
    await change(store, person('alice', '01'));
    const before = await readAll(store);
    const sound = person('bob', '02');
    const outcome = await store.change({
      actor: 'tester',
      changes: [
        sound,
        person('alice', '03'),
        person('carol', '01'),
        person('dave', 'nonsense'),
        { do: 'edit-account', name: 'nobody', set: { enabled: true } },
        { do: 'edit-account', name: 'alice', set: { validFrom: 9, validUntil: 5 } },
        { do: 'remove-account', name: 'nobody' },
        { do: 'remove-credential', id: 'none' },
        { do: 'remove-block', id: 'none' },
        { do: 'add-credential', account: 'nobody', credential: { match: serialOf('04') } },
        { do: 'add-block', match: { kind: 'spki', spki: digest('e') }, reason: '' },
      ],
    });
    t.strictSame(problemsOf(outcome), [
      [1, 'account-exists'],
      [2, 'certificate-taken'],
      [3, 'invalid'],
      [4, 'account-unknown'],
      [5, 'invalid'],
      [6, 'account-unknown'],
      [7, 'credential-unknown'],
      [8, 'block-unknown'],
      [9, 'account-unknown'],
      [10, 'invalid'],
    ]);
    t.strictSame(await readAll(store), before);
    t.equal((await store.readAudit({ limit: 10 })).length, 1);
    await change(store, sound);
    t.equal(await store.generation(), 2, 'without them it is done');
  });

  await t.test('one account is read by its name', async (t) => {
    const { store } = await openNew(t);
    t.equal(await store.readAccount('bob'), undefined);
    await change(store, person('bob', '0A'), person('bobby', '0B'), person('b%', '0C'));
    await change(store, { do: 'add-credential', account: 'bob', credential: { match: serialOf('0D') } });
    const content = await readAll(store);
    for (const name of ['bob', 'b%']) {
      t.strictSame(await store.readAccount(name), {
        account: content.accounts.find((each) => each.name === name),
        credentials: content.credentials
          .filter(({ account }) => account === name)
          .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      });
    }
    t.equal((await store.readAccount('bob'))?.credentials.length, 2);
    for (const name of ['Bob', 'bo', '', "' or '1'='1"]) t.equal(await store.readAccount(name), undefined, name);
  });

  await t.test('who changed what, when and why is remembered', async (t) => {
    const { store } = await openNew(t);
    const why = 'ticket 17';
    const block: Change = { do: 'add-block', match: serialOf('01'), reason: 'lost' };
    const outcome = await store.change({ actor: 'ops@host', why, changes: [person('alice', '01'), block] });
    const id = outcome.done ? (outcome.made[1]?.[0] ?? '') : '';
    await change(store, { do: 'remove-block', id });
    const entries = await store.readAudit({ limit: 10 });
    t.match(entries, [
      { generation: 2, actor: 'tester', action: 'remove-block', subject: id, why: '', at: NOW },
      { generation: 1, position: 1, actor: 'ops@host', action: 'add-block', subject: id, why, at: NOW },
      { generation: 1, position: 0, actor: 'ops@host', action: 'add-account', subject: 'alice', why, at: NOW },
    ]);
    t.match(JSON.parse(entries[0]?.detail ?? ''), { reason: 'lost' }, 'what was undone can still be seen');
    t.match(JSON.parse(entries[2]?.detail ?? ''), { account: { kind: 'person' }, credentials: [{}] });
    t.equal((await store.readAudit({ limit: 1 })).length, 1);
    t.match(await store.readAudit({ limit: 10, before: 2 }), [{ generation: 1 }, { generation: 1 }]);
  });

  await t.test('what has changed since a generation is read alone', async (t) => {
    const { store } = await openNew(t);
    const [bobs] = (await change(store, person('alice', '01'), person('bob', '02'), person('carol', '03'))).slice(1);
    await change(store, { do: 'edit-account', name: 'alice', set: { notes: 'x' } });
    await change(store, { do: 'remove-account', name: 'bob' }, person('dave', '04'));
    t.match(await readAll(store, 3), { whole: false, accounts: [], credentials: [], removals: [] });
    const since = await readAll(store, 1);
    t.match(since, { generation: 3, whole: false });
    t.strictSame(
      since.accounts.map(({ name }) => name),
      ['alice', 'dave'],
    );
    t.equal(since.credentials.length, 1);
    t.strictSame(since.removals.toSorted(), ['account bob', `credential ${bobs}`]);
    t.match(await readAll(store, 9), { whole: true }, 'a generation that never was');
  });

  await t.test('two who write at once do so one after the other', async (t) => {
    const { place, store } = await openNew(t);
    const other = await open(t, place);
    const number = (index: number) => (index + 16).toString(16).toUpperCase();
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        (index % 2 === 0 ? store : other).change({
          actor: 'tester',
          changes: [person(`user-${index}`, number(index))],
        }),
      ),
    );
    const generations = outcomes.map((outcome) => outcome.done && outcome.generation);
    t.strictSame(generations.toSorted(), [1, 2, 3, 4, 5, 6]);
    const both = await Promise.all(
      [store, other].map((each, index) => each.change({ actor: 'tester', changes: [person(`x-${index}`, 'FF')] })),
    );
    t.equal(both.filter(({ done }) => done).length, 1, 'a certificate is one account’s alone');
    t.strictSame(both.flatMap(problemsOf), [[0, 'certificate-taken']]);
    t.equal((await readAll(other)).accounts.length, 7);
  });

  await t.test('it is read as of one moment, whatever is written meanwhile', async (t) => {
    const { place, store } = await openNew(t);
    const names = Array.from({ length: 1_200 }, (_, index) => `user-${index}`);
    await change(store, ...names.map((name): Change => ({ do: 'add-account', account: { name, kind: 'app' } })));
    const other = await open(t, place);
    let written: Promise<unknown> | undefined;
    let accounts = 0;
    const loaded = await store.load(undefined, (batch) => {
      written ??= change(other, ...names.map((name): Change => ({ do: 'remove-account', name })));
      accounts += batch.accounts.length;
    });
    t.equal(accounts, names.length);
    t.equal(loaded.generation, 1);
    await written;
    t.match(await readAll(store), { generation: 2, accounts: [] });
  });

  await t.test('when a certificate was last seen is remembered, and is no change', async (t) => {
    const { store } = await openNew(t);
    const [id = ''] = await change(store, person('alice', '01'));
    await store.recordSeen([{ credential: id, at: NOW + 5, bind: undefined }]);
    await store.recordSeen([
      { credential: id, at: NOW + 4, bind: { issuerSpki: digest('b'), serial: '02' } },
      { credential: 'gone', at: NOW, bind: undefined },
    ]);
    t.match(await readAll(store), { generation: 1, credentials: [{ match: serialOf('01'), lastSeenAt: NOW + 5 }] });
  });

  await t.test('a fingerprint becomes issuer and serial number when it is seen', async (t) => {
    const { store } = await openNew(t);
    const match = { kind: 'fingerprint', fingerprint: digest('f') } as const;
    const [id = '', second = ''] = await change(
      store,
      { do: 'add-account', account: { name: 'alice', kind: 'person' }, credentials: [{ match }] },
      {
        do: 'add-account',
        account: { name: 'bob', kind: 'person' },
        credentials: [{ match: { kind: 'fingerprint', fingerprint: digest('e') } }],
      },
    );
    const bind = { issuerSpki: digest('a'), serial: '01' };
    await store.recordSeen([{ credential: id, at: NOW, bind }]);
    t.match(await readAll(store, 1), {
      generation: 2,
      credentials: [{ id, match: serialOf('01'), fingerprint: digest('f'), lastSeenAt: NOW }],
    });
    t.match(await store.readAudit({ limit: 1 }), [{ action: 'bind-credential', subject: id, actor: 'portcullis' }]);
    await store.recordSeen([{ credential: second, at: NOW, bind }]);
    t.equal(await store.generation(), 2, 'what is taken stays with whom it is');
  });

  await t.test('permissions that end are read, those that end first before the others', async (t) => {
    const { store } = await openNew(t);
    const account = (name: string, validUntil?: number, enabled = true): Change => {
      const until = validUntil === undefined ? {} : { validUntil };
      return { do: 'add-account', account: { name, kind: 'person', enabled, ...until } };
    };
    await change(
      store,
      account('never'),
      account('b', NOW + 5),
      account('a', NOW + 5),
      account('first', NOW),
      account('over', NOW - 1),
      account('later', NOW + 10),
      account('disabled', NOW + 5, false),
    );
    const names = async (after?: { validUntil: number; name: string }) => {
      const query = { endsFrom: NOW, endsUntil: NOW + 9, limit: 2, ...(after && { after }) };
      return (await store.readEndingAccounts(query)).map(({ name }) => name);
    };
    t.strictSame(await names(), ['first', 'a']);
    t.strictSame(await names({ validUntil: NOW + 5, name: 'a' }), ['b']);
  });

  await t.test('what one has claimed to say nobody else may, until it has ended', async (t) => {
    const { place, store } = await openNew(t);
    const claim = (id: string, endsAt = NOW + 5) => ({ id, endsAt });
    t.strictSame(await store.claimWarnings([claim('a'), claim('b'), claim('a')]), ['a', 'b']);
    const other = await open(t, place);
    t.strictSame(await other.claimWarnings([claim('b'), claim('c', NOW - 1)]), ['c']);
    t.strictSame(await store.claimWarnings([claim('a'), claim('c')]), ['c'], 'what has ended is forgotten');
    t.equal(await store.generation(), 0, 'it is no change');
  });

  await t.test('a change of another process is noticed', async (t) => {
    const { place, store } = await openNew(t);
    let moved = 0;
    store.watch(() => {
      moved++;
    });
    await until(() => moved > 0);
    const before = moved;
    await changeElsewhere(place.url, { actor: 'elsewhere', changes: [person('alice', '01')] });
    await until(() => moved > before);
    t.match(await readAll(store), { generation: 1, accounts: [{ name: 'alice' }] });
  });

  await t.test('blocks are there after everything was closed', async (t) => {
    const { place, store } = await openNew(t);
    await change(store, { do: 'add-block', match: serialOf('01'), reason: 'lost' });
    await store.close();
    t.match(await readAll(await open(t, place)), { blocks: [{ match: serialOf('01'), reason: 'lost' }] });
  });

  await t.test('it comes back after it was away', async (t) => {
    const { place, store } = await openNew(t);
    await change(store, person('alice', '01'));
    await place.takeAway();
    await t.rejects(store.generation());
    await t.rejects(readAll(store));
    await t.rejects(store.prepare());
    await t.rejects(store.change({ actor: 'tester', changes: [person('bob', '02')] }));
    await place.bringBack();
    await until(() =>
      store.prepare().then(
        () => true,
        () => false,
      ),
    );
    await change(store, person('bob', '02'));
    t.match(await readAll(store), { generation: 2, accounts: [{ name: 'alice' }, { name: 'bob' }] });
  });

  await t.test('several may make it at once', async (t) => {
    const place = await createPlace(t);
    const stores = await Promise.all([open(t, place), open(t, place), open(t, place)]);
    t.strictSame(await Promise.all(stores.map((store) => store.generation())), [0, 0, 0]);
  });

  await t.test('the schema of an older version is brought up to date, with what is in it', async (t) => {
    const place = await createPlace(t);
    const [first] = STEPS;
    place.run(
      'create table portcullis_schema (version bigint primary key not null, oldest_user bigint not null, applied_at bigint not null)',
    );
    for (const sql of first?.sql ?? []) place.run(sql);
    place.run('insert into portcullis_schema values (1, 1, 0)');
    place.run(`insert into portcullis_accounts values ('alice', 'Alice', 'person', '["a"]', null, 7, 1, '', 1, 2, 3)`);
    place.run(
      `insert into portcullis_credentials values ('c1', 'alice', 'issuer-serial:${digest('a')}:01', null, '', '', 1, 3)`,
    );
    place.run('update portcullis_state set generation = 3');
    const store = await open(t, place);
    const content = await readAll(store);
    t.match(content, { generation: 3, accounts: [{ name: 'alice', roles: ['a'], validUntil: 7, enabled: true }] });
    t.match(content.credentials, [{ id: 'c1', match: serialOf('01'), lastSeenAt: undefined }]);
    await store.recordSeen([{ credential: 'c1', at: NOW, bind: undefined }]);
    t.match((await readAll(store)).credentials, [{ lastSeenAt: NOW }], 'with what the older did not have');
  });

  await t.test('the schema of a newer version is used only when it says so', async (t) => {
    const { place, store } = await openNew(t);
    place.run('insert into portcullis_schema values (98, 1, 0)');
    await store.prepare();
    await change(store, person('alice', '01'));
    place.run('insert into portcullis_schema values (99, 98, 0)');
    await t.rejects(store.prepare(), StartFault);
    await t.rejects(store.prepare(), /schema 99, of a newer version/);
  });
}
