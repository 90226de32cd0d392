// The inventory: what came through a gateway is listed, ends soon, replaces another, and is blocked by its fingerprint.

import { join } from 'node:path';
import t from 'tap';
import { openDirectory } from '../../src/directory/open.ts';
import { checkRefusal, send, statusOf } from '../kit/client.ts';
import { commandsOn } from '../kit/commands.ts';
import { makePki } from '../kit/gateway.ts';
import { startGatewayProcess } from '../kit/process.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const DAY_MS = 86_400_000;
const pki = makePki();
const upstream = await startUpstream(t);
const { port, folder, file } = await startGatewayProcess(t, {
  pki,
  upstreamPort: upstream.port,
  yaml: `directory: { url: "sqlite:clients.db" }
mappings: [{ match: { subject: { OU: staff } }, trust: [corporate], account: "{subject.CN}" }]
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: require
    paths: { /known: { account: required } }`,
});
const commands = commandsOn(t, file, folder);
const store = openDirectory(`sqlite:${join(folder, 'clients.db')}`, { clock: Date.now });
t.teardown(() => store.close());
await store.prepare();
/** Waits without a process for each look. */
const untilSeen = (count: number) => until(async () => (await store.readCertificates({ limit: 10 })).length === count);

type Seen = { account?: string; fingerprint: string; lastSeenAt: string; kind: string; daysLeft: number };
const seen = (...args: string[]) => commands.json<Seen[]>('clients', 'seen', ...args);
const expiring = (...args: string[]) => commands.json<Seen[]>('clients', 'expiring', ...args);

function clientOf(cn: string, days: number, staff = true) {
  const unit = staff ? [{ type: 'OU', value: 'staff' }] : [];
  return pki.issuing.client({ subject: [...unit, { type: 'CN', value: cn }], notAfter: Date.now() + days * DAY_MS });
}
const old = clientOf('alice', 5.5);
const renewed = clientOf('alice', 300);
const stranger = clientOf('mallory', 300, false);
const bob = clientOf('bob', 20.5);

t.test('seen', async (t) => {
  for (const certificate of [old, bob]) t.equal((await send(t, { port, certificate })).status, 200);
  checkRefusal(t, await send(t, { port, certificate: stranger, path: '/known' }), 'account-unknown');
  checkRefusal(t, await send(t, { port, certificate: pki.foreign.client() }), 'certificate-untrusted');
  await untilSeen(3);
  const all = await seen();
  t.match(all, [
    { account: 'alice', serial: old.facts.serial, fingerprint: old.facts.fingerprint, site: 'localhost' },
    { account: 'bob', issuer: 'CN=Test Issuing', subject: 'CN=bob,OU=staff' },
    { subject: 'CN=mallory', account: undefined },
  ]);
  t.equal(all.length, 3, 'what nobody vouches for is not kept');
  t.equal((await seen('--issuer', 'test ISSUING')).length, 3);
  t.strictSame(await seen('--issuer', 'nobody'), []);
  t.match(
    await commands.done('clients', 'seen', '--account', 'b*'),
    /^bob {2}ends 20.* seen 20.* at localhost {2}serial [0-9A-F]+ of CN=Test Issuing {2}CN=bob,OU=staff\n$/,
  );
});

t.test('expiring', async (t) => {
  const soon = new Date(Date.now() + 7 * DAY_MS).toISOString();
  await commands.done('clients', 'add', 'carol', '--until', soon);
  t.match(await expiring(), [
    { kind: 'certificate', account: 'alice', daysLeft: 5 },
    { kind: 'permission', account: 'carol', daysLeft: 6 },
    { kind: 'certificate', account: 'bob', daysLeft: 20 },
  ]);
  t.match(await expiring('--days', '6'), [{ account: 'alice' }]);
  t.match(await commands.done('clients', 'expiring'), /^20\S+Z +certificate {2}alice {2}serial /);
});

t.test('rotation', async (t) => {
  const states = async (...args: string[]) =>
    (await commands.json<{ account: string; state: string }[]>('clients', 'rotation', ...args)).map(
      ({ account, state }) => `${account} ${state}`,
    );
  t.strictSame(await states(), ['alice not begun', 'bob not begun']);
  t.equal((await send(t, { port, certificate: renewed })).status, 200);
  await untilSeen(4);
  t.strictSame(await states(), ['alice done', 'bob not begun'], 'the old one was not seen since');
  t.strictSame(await states('--issuer', 'test issuing'), ['alice not begun', 'bob not begun']);
  t.match(
    await commands.done('clients', 'rotation'),
    /^alice {2}done +1 old, end 20.*, seen until 20.* 1 new, seen since 20(.|\n)*\naccounts: 2; 1 done, 0 under way, 1 not begun\n$/,
  );
});

t.test('a fingerprint that was seen is blocked by issuer and serial number', async (t) => {
  const block = (fingerprint: string) => commands.run('block', '--fingerprint', fingerprint, '--reason', 'lost');
  t.match(await block('ab'.repeat(32)), { code: 1, stderr: /nor was one seen/ });
  t.match(await block(bob.facts.fingerprint), { code: 0, stdout: /: serial [0-9A-F]+ of CN=Test Issuing\n$/ });
  await until(async () => (await statusOf(t, { port, certificate: bob })) === 403);
  checkRefusal(t, await send(t, { port, certificate: bob }), 'certificate-blocked');
  t.equal((await send(t, { port, certificate: renewed })).status, 200, 'and nobody else');
});
