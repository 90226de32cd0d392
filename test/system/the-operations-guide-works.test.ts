// docs/operations.md played through with its own commands, beside a gateway that runs all the time: a server certificate, an
// authority with clients that move one by one, an employee who leaves, a database that is lost and restored.

import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { open, send, statusOf } from '../kit/client.ts';
import { makeFolder } from '../kit/gateway.ts';
import { makeRoot } from '../kit/pki.ts';
import { inCheckout, startProcess } from '../kit/process.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const page = readFileSync(inCheckout('docs/operations.md'), 'utf8');
const run = promisify(execFile);

/** The blocks of one language below a heading. */
function blocksOf(heading: string, language: string): string[] {
  const [, rest = ''] = page.split(`\n## ${heading}\n`);
  const [section = ''] = rest.split('\n## ');
  return [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, block = '']) => block);
}

const upstream = await startUpstream(t);
const folder = makeFolder(t);
const at = (...names: string[]) => join(folder, ...names);
const env = { PATH: `${at('bin')}:${process.env.PATH}`, PORTCULLIS_CONFIG: at('portcullis.yaml') };
const sh = (commands: string) => run('sh', ['-euc', commands], { cwd: folder, env });

/** As it was before the page begins. */
async function prepare(): Promise<void> {
  for (const name of ['bin', 'trust', 'crls', 'tls']) mkdirSync(at(name));
  writeFileSync(
    at('bin/portcullis'),
    `#!/bin/sh\nexec "${process.execPath}" "${inCheckout('dist/cli/main.js')}" "$@"\n`,
  );
  chmodSync(at('bin/portcullis'), 0o755);
  const [configuration = ''] = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block]) => block);
  const here = configuration
    .replaceAll(/127\.0\.0\.1:(8443|9902)/g, '127.0.0.1:0')
    .replace('9000', String(upstream.port));
  writeFileSync(at('portcullis.yaml'), `${here}limits: { perAddress: { handshakesPerSecond: 100000 } }\n`);
  await sh(`portcullis pki init --dir ca --name "Acme 2026"
    portcullis pki server --dir ca localhost
    for name in alice bob carol dave; do portcullis pki client --dir ca $name; done
    portcullis pki revoke ca/dave.pem --dir ca --reason keyCompromise
    portcullis pki crl --dir ca
    cp ca/localhost.pem tls/server.pem; cp ca/localhost.key tls/server.key; cp ca/ca.pem trust/old.pem
    portcullis crl add ca/ca.crl
    for name in alice bob; do portcullis clients add $name --cert ca/$name.pem; done`);
}

await prepare();
const gateway = startProcess(t, ['run'], { cwd: folder, env });
const { port } = (await gateway.lineWhere(({ msg }) => msg === 'listening')) as unknown as { port: number };
const stranger = makeRoot().client({ cn: 'mallory' });

interface Client {
  readonly chainPem: string;
  readonly keyPem: string;
}
const client = (authority: string, name: string): Client => ({
  chainPem: readFileSync(at(authority, `${name}.pem`), 'utf8'),
  keyPem: readFileSync(at(authority, `${name}.key`), 'utf8'),
});
const codeOf = async (t: Test, certificate: Client) => {
  const { status, text } = await send(t, { port, certificate });
  return status === 200 ? 'allowed' : (JSON.parse(text) as { code: string }).code;
};
/** All of them at this moment; and again and again until what a command has caused is there. */
const allowAll = async (t: Test, clients: readonly Client[]) => {
  for (const certificate of clients) t.equal(await codeOf(t, certificate), 'allowed');
};
const untilRefused = (t: Test, certificate: Client, others: readonly Client[]) =>
  until(async () => {
    await allowAll(t, others);
    return (await statusOf(t, { port, certificate })) === 403;
  });
const untilAllowed = (t: Test, certificate: Client, others: readonly Client[]) =>
  until(async () => {
    await allowAll(t, others);
    return (await statusOf(t, { port, certificate })) === 200;
  });

const alice = client('ca', 'alice');
const bob = client('ca', 'bob');
const carol = client('ca', 'carol');
const dave = client('ca', 'dave');

t.test('a server certificate is rotated', async (t) => {
  const serial = async () => {
    const socket = await open(t, { port, certificate: alice });
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  };
  const before = await serial();
  const [commands = ''] = blocksOf('A server certificate is rotated', 'sh');
  await sh(commands);
  await until(async () => {
    await allowAll(t, [alice, bob]);
    return (await serial()) !== before;
  });
});

t.test('an authority is rotated', async (t) => {
  const [both = '', move = '', withdraw = '', take = ''] = blocksOf('An authority is rotated', 'sh');
  const refuse = async (expected: readonly (readonly [Client, string])[]) => {
    for (const [certificate, code] of expected) t.equal(await codeOf(t, certificate), code);
  };
  const never: readonly (readonly [Client, string])[] = [
    [dave, 'certificate-revoked'],
    [stranger, 'certificate-untrusted'],
  ];
  await allowAll(t, [alice, bob, carol]);
  await refuse(never);

  await sh(both);
  await sh('portcullis pki client --dir new-ca carol');
  await untilAllowed(t, client('new-ca', 'carol'), [alice, bob, carol]);
  await refuse(never);

  await sh(move);
  const alice2 = client('new-ca', 'alice');
  await untilAllowed(t, alice2, [alice, bob, carol]);
  await sh(withdraw);
  await untilRefused(t, alice, [alice2, bob, carol]);
  await refuse([...never, [alice, 'certificate-revoked']]);

  await sh(move.replaceAll('alice', 'bob'));
  const bob2 = client('new-ca', 'bob');
  await untilAllowed(t, bob2, [alice2, bob, carol]);
  const { stdout } = await sh('portcullis clients list');
  for (const name of ['alice', 'bob']) t.match(stdout, name, 'accounts stayed what they were');

  await sh(take);
  await untilRefused(t, carol, [alice2, bob2, client('new-ca', 'carol')]);
  await refuse([alice, bob, carol, dave, stranger].map((each) => [each, 'certificate-untrusted']));
  await allowAll(t, [alice2, bob2]);
});

t.test('an employee leaves', async (t) => {
  const [disable = '', block = ''] = blocksOf('An employee leaves', 'sh');
  const [alice2, bob2, carol2] = ['alice', 'bob', 'carol'].map((name) => client('new-ca', name)) as [
    Client,
    Client,
    Client,
  ];
  await allowAll(t, [alice2, bob2, carol2]);
  await sh(disable);
  await untilRefused(t, bob2, [alice2, carol2]);
  t.equal(await codeOf(t, bob2), 'account-disabled');
  await sh(block);
  await untilRefused(t, carol2, [alice2]);
  t.equal(await codeOf(t, carol2), 'certificate-blocked', 'the block is told before the list');
  const explained = await sh('portcullis explain --cert new-ca/carol.pem --url https://localhost/').catch(
    (error) => error,
  );
  t.match(explained.stdout, 'certificate-blocked');
});

t.test('the database is lost, and restored', async (t) => {
  const [save = '', restore = ''] = blocksOf('When everything is lost', 'sh');
  const [alice2, bob2] = [client('new-ca', 'alice'), client('new-ca', 'bob')];
  await sh(save);
  for (const name of ['clients.db', 'clients.db-wal', 'clients.db-shm']) rmSync(at(name), { force: true });
  await until(async () => (await statusOf(t, { port, certificate: alice2 })) === 503);
  const { stdout } = await sh(restore);
  t.match(stdout, 'has left');
  await untilAllowed(t, alice2, []);
  t.equal(await codeOf(t, bob2), 'account-disabled');
  t.equal(await codeOf(t, client('new-ca', 'carol')), 'certificate-blocked');
});

t.test('the configuration of a fleet is one', async (t) => {
  const [fleet = ''] = blocksOf('A fleet', 'yaml');
  const secret = 'c0'.repeat(32);
  for (const name of ['db.password', 'redis.password', 'cache.key', 'tickets.key'])
    writeFileSync(at(name), `${secret}\n`, { mode: 0o600 });
  copyFileSync(at('new-ca/root.pem'), at('db-ca.pem'));
  const alone = readFileSync(at('portcullis.yaml'), 'utf8').replace(/^directory:.*\n/m, '');
  writeFileSync(at('fleet.yaml'), alone + fleet);
  t.match((await sh('portcullis check -c fleet.yaml')).stdout, 'valid');
});

t.test('each alert has its remedy', async (t) => {
  const rules = readFileSync(inCheckout('examples/monitoring/alerts.yml'), 'utf8');
  const alerts = [...rules.matchAll(/alert: (\w+)/g)].map(([, name = '']) => name);
  const told = [...page.matchAll(/^\| (`Portcullis.*?) \|/gm)].flatMap(([, names = '']) => names.match(/\w+/g) ?? []);
  t.strictSame(told.toSorted(), alerts.toSorted());
});
