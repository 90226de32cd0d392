// portcullis clients import: one transaction; or every problem by its line, and nothing is changed.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { commandsOn } from '../kit/commands.ts';
import { configurationText, makeConfigurationFolder } from '../kit/configuration.ts';
import { makeFolder } from '../kit/gateway.ts';

const place = makeFolder(t);
const folder = makeConfigurationFolder(place);
folder.write('portcullis.yaml', configurationText({ directory: '{ url: "sqlite:clients.db" }' }));
const { run, done, json } = commandsOn(t, join(place, 'portcullis.yaml'), place);
const write = (name: string, text: string | Uint8Array) => writeFileSync(join(place, name), text);
const names = async () => (await json<{ name: string }[]>('clients', 'list')).map(({ name }) => name);

t.test('a dry run, the import, and the import again', async (t) => {
  write(
    'good.csv',
    '\ufeffAccount;Kind;Serial;Issuer\r\nalice;person;0A;CN=Test Root\r\nbob;app;;\r\nalice;;0B;CN=Test Root\r\n',
  );
  await done('clients', 'add', 'zoe');
  const wanted = 'accounts: 2 added, 0 changed; certificates: 2 added; rows that say nothing new: 0';
  t.equal(await done('clients', 'import', 'good.csv', '--dry-run'), `${wanted} (dry run: nothing was changed)\n`);
  t.strictSame(await names(), ['zoe']);
  t.equal(await done('clients', 'import', 'good.csv', '--why', 'new customers'), `${wanted}\n`);
  t.strictSame(await names(), ['alice', 'bob', 'zoe']);
  t.match(await done('clients', 'import', 'good.csv'), /0 added, 0 changed; certificates: 0 added; .*: 3\n/);
  t.match(await json('clients', 'history', 'bob'), [{ action: 'add-account', why: 'new customers', actor: /.@./ }]);
});

t.test('every problem, and nothing is changed', async (t) => {
  const before = await done('clients', 'export');
  write(
    'bad.csv',
    'account,kind,serial,issuer\nnew,app,0C,CN=Test Root\nbob,person,,\ncarol,robot,0G,CN=Nobody\n\ndave,app,0A,CN=Test Root\n',
  );
  const { code, stdout, stderr } = await run('clients', 'import', 'bad.csv');
  t.equal(code, 1);
  t.equal(stdout, '');
  const places = stderr.split('\n').map((line) => line.split(': ').slice(0, 2).join(': '));
  t.strictSame(places, [
    'bad.csv:3: kind',
    'bad.csv:4: kind',
    'bad.csv:4: serial',
    'bad.csv:4: issuer',
    'bad.csv:6: the certificate is one of alice',
    'portcullis: 5 problems; nothing was changed',
    '',
  ]);
  t.equal((await run('clients', 'import', 'bad.csv', '--dry-run')).stderr, stderr);
  t.equal(await done('clients', 'export'), before);
});

t.test('--update', async (t) => {
  write('update.json', '[{"account":"bob","kind":"device","roles":["ops"]},{"account":"erin"}]');
  t.match(await run('clients', 'import', 'update.json'), { code: 1, stderr: /update\.json:1: kind: .* --update/ });
  t.match(await done('clients', 'import', 'update.json', '--update'), /accounts: 1 added, 1 changed/);
  t.match(await json('clients', 'list', '--account', 'bob'), [{ kind: 'device', roles: ['ops'] }]);
});

t.test('what is no such file', async (t) => {
  write('latin1.csv', Buffer.from('account\nJürgen\n', 'latin1'));
  t.match(await run('clients', 'import', 'latin1.csv'), { code: 1, stderr: /not in UTF-8/ });
  t.match(await run('clients', 'import', 'nothing.csv'), { code: 1, stderr: /^portcullis: nothing\.csv: [^\n]+\n$/ });
  t.match(await run('clients', 'import', 'ca.pem'), { code: 2, stderr: /--format/ });
});
