// portcullis clients: accounts and certificates from the first to the last, in SQLite and in PostgreSQL alike.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { commandsOn } from '../kit/commands.ts';
import { configurationText, makeConfigurationFolder } from '../kit/configuration.ts';
import { makeFolder } from '../kit/gateway.ts';
import { startPostgres } from '../kit/postgres.ts';

interface ListedAccount {
  readonly name: string;
  readonly roles: readonly string[];
  readonly enabled: boolean;
  readonly validUntil?: string;
  readonly credentials: readonly { readonly id: string; readonly match: object; readonly label: string }[];
}

/** A configuration for each of these directories. */
function setUp(t: Test, urls: readonly string[]) {
  const place = makeFolder(t);
  const folder = makeConfigurationFolder(place);
  const alice = folder.root.client({ cn: 'alice', serial: '0A1B2C' });
  folder.write('alice.pem', alice.chainPem);
  const all = urls.map((url, index) => {
    folder.write(`${index}.yaml`, configurationText({ directory: `{ url: "${url}" }` }));
    return commandsOn(t, join(place, `${index}.yaml`), place);
  });
  return { folder, place, alice, all };
}

async function liveThrough(t: Test, urls: readonly [string, string]): Promise<void> {
  const { place, folder, alice, all } = setUp(t, urls);
  const [commands, other] = all;
  if (commands === undefined || other === undefined) throw new Error('two directories');
  const { done, run, json } = commands;
  const list = (...args: string[]) => json<ListedAccount[]>('clients', 'list', ...args);
  const issuerSpki = folder.root.facts.publicKey.spkiHash;

  const role = ['--role', 'ops', '--role', 'night|shift'];
  await done('clients', 'add', 'alice', '--cert', 'alice.pem', ...role, '--notes', '=1+1', '--until', '2040-12-31');
  await done('clients', 'add', 'machine', '--serial', 'decimal:12', '--issuer', 'CN=Test Root', '--kind', 'device');
  await done('clients', 'add', 'alice', '--fingerprint', 'ab'.repeat(32), '--label', 'card');
  t.match(await list('--account', 'a*'), [
    {
      name: 'alice',
      roles: ['ops', 'night|shift'],
      validUntil: '2040-12-31T23:59:59.999Z',
      credentials: [
        { match: { kind: 'fingerprint' }, label: 'card' },
        { match: { kind: 'issuer-serial', issuerSpki, serial: '0A1B2C' }, fingerprint: alice.facts.fingerprint },
      ],
    },
  ]);
  t.match(await list('--search', 'TEST root'), [{ name: 'alice' }, { name: 'machine' }]);
  t.match(
    await done('clients', 'list', '--role', 'ops'),
    /^alice {2}enabled {2}person {2}ops, night\|shift {2}until 2040/,
  );
  t.match(await run('clients', 'add', 'bob', '--cert', 'alice.pem'), { code: 1, stderr: /one of alice/ });
  t.match(await run('clients', 'add', 'alice', '--kind', 'app'), { code: 1, stderr: /clients update/ });

  const exported = await done('clients', 'export');
  writeFileSync(join(place, 'all.csv'), exported);
  t.match(await other.done('clients', 'import', 'all.csv'), /accounts: 2 added, 0 changed; certificates: 3 added/);
  t.equal(await other.done('clients', 'export'), exported, 'there and back');
  t.match(await other.done('clients', 'import', 'all.csv'), /accounts: 0 added.*nothing new: 3/);

  await done('clients', 'update', 'alice', '--no-role', '--no-until', '--display-name', 'Älice');
  await done('clients', 'disable', 'alice', '--why', 'on leave');
  t.match(await list('--disabled'), [
    { name: 'alice', displayName: 'Älice', roles: [], enabled: false, validUntil: undefined },
  ]);
  const [{ credentials } = { credentials: [] }] = await list('--account', 'alice');
  const card = credentials[0]?.id ?? '';
  t.match(await run('clients', 'remove', 'machine', '--certificate', card), { code: 1, stderr: /no certificate/ });
  t.match(await done('clients', 'remove', 'alice', '--certificate', card), `certificate ${card} removed: fingerprint`);
  const gone = await done('clients', 'remove', 'alice', '--why', 'left');
  t.match(gone, /^account alice removed\ncertificate [0-9a-f-]+ removed: serial 0A1B2C of CN=Test Root\n$/);
  t.match(
    (await json<{ action: string; why: string }[]>('clients', 'history', 'alice')).map(({ action, why }) => [
      action,
      why,
    ]),
    [
      ['remove-account', 'left'],
      ['remove-credential', ''],
      ['edit-account', 'on leave'],
      ['edit-account', ''],
      ['add-credential', ''],
      ['add-account', ''],
    ],
  );
  t.match(await run('clients', 'enable', 'alice'), { code: 1, stderr: 'portcullis: no account alice\n' });
}

t.test('SQLite', (t) => liveThrough(t, ['sqlite:one.db', 'sqlite:data/two.db']));

t.test('PostgreSQL', async (t) => {
  const { url, createDatabase } = await startPostgres(t);
  await liveThrough(t, [url, createDatabase('other')]);
});
