// portcullis block, from a process of its own, refuses the next request and closes the open streams of exactly the
// certificates that it means; unblock lets them in again (SQLite, PRAGMA data_version).

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { encodePem } from '../../src/x509/pem.ts';
import { checkRefusal, send, statusOf } from '../kit/client.ts';
import { type Commands, commandsOn } from '../kit/commands.ts';
import { type GatewayOptions, makePki, startTestGateway, type TestGateway } from '../kit/gateway.ts';
import { malleate } from '../kit/malleate.ts';
import type { TestCertificate } from '../kit/pki.ts';
import { startGatewayProcess, startProcess } from '../kit/process.ts';
import { type Streams, type StreamUpstream, startStreamUpstream } from '../kit/streams.ts';
import { until } from '../kit/until.ts';

const pki = makePki();
const { issuing } = pki;
const YAML = `directory: { url: "sqlite:clients.db" }
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]`;

interface Started {
  readonly gateway: TestGateway;
  readonly upstream: StreamUpstream;
  readonly commands: Commands;
  openStreams(certificate: TestCertificate): Promise<Streams>;
  status(certificate: TestCertificate): Promise<number>;
}

/** Certificates by name, each with a file `NAME.pem` beside the configuration. */
async function start(
  t: Test,
  certificates: Readonly<Record<string, TestCertificate>>,
  options: Partial<GatewayOptions> = {},
): Promise<Started> {
  const upstream = await startStreamUpstream(t);
  const files = Object.fromEntries(
    Object.entries(certificates).map(([name, { chainPem }]) => [`${name}.pem`, chainPem]),
  );
  const gateway = await startTestGateway(t, { pki, upstreamPort: upstream.port, yaml: YAML, files, ...options });
  const { port, folder } = gateway;
  return {
    gateway,
    upstream,
    commands: commandsOn(t, join(folder, 'portcullis.yaml'), folder),
    openStreams: (certificate) => upstream.open({ port, certificate }),
    status: (certificate) => statusOf(t, { port, certificate }),
  };
}

/** Milliseconds from the moment that the database holds for the block until now. */
async function sinceBlocked(commands: Commands, closedAt: number): Promise<number> {
  const blocks = await commands.json<{ createdAt: string }[]>('blocks');
  return closedAt - Date.parse(blocks.at(-1)?.createdAt ?? '');
}

t.test('a certificate file', async (t) => {
  const [alice, bob] = [issuing.client({ cn: 'alice' }), issuing.client({ cn: 'bob' })];
  const { gateway, commands, openStreams } = await start(t, { alice, bob });
  const [first, second, others] = [await openStreams(alice), await openStreams(alice), await openStreams(bob)];
  await first.check(t, 'before');
  const ended = commands.done('block', '--cert', 'alice.pem', '--reason', 'laptop stolen');
  await until(() => first.closed() + second.closed() === 4);
  const closedAt = Date.now();
  t.match(await ended, /^block [0-9a-f-]{36}: serial [0-9A-F]+ of CN=Test Issuing\n$/);
  t.comment(`closed ${await sinceBlocked(commands, closedAt)} ms after the block was written`);
  await others.check(t, 'bob goes on');
  checkRefusal(t, await send(t, { port: gateway.port, certificate: alice }), 'certificate-blocked');
  t.match(gateway.requests().at(-1), { code: 'certificate-blocked', check: 'block', note: 'laptop stolen' });
  const closings = gateway.lines.filter(({ message }) => message.startsWith('an open stream was closed'));
  t.match(
    closings.map(({ code }) => code),
    Array(4).fill('certificate-blocked'),
  );

  t.match(await commands.json('blocks'), [{ reason: 'laptop stolen', holds: true, createdBy: /.@./ }]);
  await commands.done('unblock', '--cert', 'alice.pem', '--why', 'found again');
  await until(async () => (await statusOf(t, { port: gateway.port, certificate: alice })) === 200);
  t.strictSame(await commands.json('blocks'), []);
  t.match(await commands.json('clients', 'history'), [
    { action: 'remove-block', why: 'found again', detail: { reason: 'laptop stolen' } },
    { action: 'add-block', why: 'laptop stolen' },
  ]);
  t.match(await commands.run('unblock', '--cert', 'alice.pem'), { code: 1, stderr: /there is no block of serial/ });
});

t.test('the same certificate with another signature that is as valid', async (t) => {
  const alice = issuing.client({ cn: 'alice' });
  const twin = malleate(alice.facts);
  t.not(twin.fingerprint, alice.facts.fingerprint);
  const { gateway, commands, openStreams } = await start(t, { alice });
  const { port } = gateway;
  const withTwin = { port, certificate: alice, chainPem: encodePem('CERTIFICATE', twin.der) + issuing.pem };
  t.equal((await send(t, withTwin)).status, 200, 'it is as good as the other');
  const streams = await openStreams(alice);
  await commands.done('block', '--cert', 'alice.pem', '--reason', 'x');
  await until(() => streams.closed() === 2);
  checkRefusal(t, await send(t, withTwin), 'certificate-blocked');
});

t.test('issuer and serial number as they are pasted, keys, and signed content', async (t) => {
  const serial = '0A1B2C';
  const alice = issuing.client({ cn: 'alice', serial });
  const renewed = issuing.client({ cn: 'alice', key: alice.key });
  const { commands, gateway, status } = await start(t, { alice, renewed, issuer: issuing });
  const key = issuing.facts.publicKey.spkiHash;
  const targets: readonly (readonly string[])[] = [
    ['--serial', '\u200e0a:1b:2c', '--issuer', 'cn = Test Issuing'],
    ['--serial', 'decimal:662316', '--issuer-key', key.toUpperCase().replace(/../g, '$&:')],
    ['--serial', '<SR>2C1B0A', '--issuer-cert', 'issuer.pem'],
    ['--cert', 'alice.pem', '--by', 'tbs'],
  ];
  for (const target of targets) {
    t.equal(await status(alice), 200, target.join(' '));
    await commands.done('block', ...target, '--reason', 'x');
    await until(async () => (await status(alice)) === 403);
    t.match(gateway.requests().at(-1), { code: 'certificate-blocked' });
    t.equal(await status(renewed), 200, 'only this one');
    await commands.done('unblock', ...target);
    await until(async () => (await status(alice)) === 200);
  }
  await commands.done('block', '--public-key', alice.facts.publicKey.spkiHash, '--reason', 'x');
  await until(async () => (await status(alice)) === 403);
  t.equal(await status(renewed), 403, 'every certificate with the key');
});

t.test('fingerprints are looked up, and accounts have several certificates', async (t) => {
  const clients = {
    alice: issuing.client(),
    second: issuing.client(),
    unseen: issuing.client(),
    bob: issuing.client(),
  };
  const { commands, status, openStreams } = await start(t, clients);
  const { alice, second, unseen, bob } = clients;
  await commands.done('clients', 'add', 'alice', '--cert', 'alice.pem');
  await commands.done('clients', 'add', 'alice', '--cert', 'second.pem');
  await commands.done('clients', 'add', 'bob', '--fingerprint', unseen.facts.fingerprint);
  const block = (...target: string[]) => commands.run('block', '--reason', 'x', ...target);

  t.match(await block('--fingerprint', bob.facts.fingerprint), { code: 1, stderr: /nor was one seen; .* --cert/ });
  t.match(await block('--fingerprint', unseen.facts.fingerprint), { code: 1, stderr: /never seen, .* --account bob/ });
  t.match(await block('--fingerprint', alice.facts.fingerprint), { code: 0 });
  await until(async () => (await status(alice)) === 403);
  t.equal(await status(second), 200);
  await commands.done('unblock', '--fingerprint', alice.facts.fingerprint);
  await until(async () => (await status(alice)) === 200);

  for (const [order, undo, code] of [
    [['block', '--account', 'alice', '--reason', 'x'], ['unblock', '--account', 'alice'], 'certificate-blocked'],
    [['clients', 'disable', 'alice'], ['clients', 'enable', 'alice'], 'account-disabled'],
  ] as const) {
    const [one, two, other] = [await openStreams(alice), await openStreams(second), await openStreams(bob)];
    await commands.done(...order);
    await until(() => one.closed() + two.closed() === 4);
    await other.check(t, `${code}: bob goes on`);
    t.equal(await status(alice), 403);
    await commands.done(...undo);
    await until(async () => (await status(alice)) === 200);
  }
});

t.test('an end', async (t) => {
  let now = Date.now();
  const alice = issuing.client();
  const { commands, status } = await start(t, { alice }, { clock: () => now });
  const end = new Date(now + 3_600_000).toISOString();
  await commands.done('block', '--cert', 'alice.pem', '--reason', 'x', '--until', end);
  await until(async () => (await status(alice)) === 403);
  now = Date.parse(end);
  t.equal(await status(alice), 403, 'the last moment');
  now += 1;
  t.equal(await status(alice), 200);
  t.match(await commands.run('block', '--cert', 'alice.pem', '--reason', 'x', '--until', '2020-01-01'), { code: 2 });
});

t.test('a restart', async (t) => {
  const alice = issuing.client();
  const upstream = await startStreamUpstream(t);
  const options = { pki, upstreamPort: upstream.port, yaml: YAML };
  const first = await startGatewayProcess(t, options);
  const { file, folder } = first;
  writeFileSync(join(folder, 'alice.pem'), alice.chainPem);
  const commands = commandsOn(t, file, folder);
  const streams = await upstream.open({ port: first.port, certificate: alice });
  await commands.done('block', '--cert', 'alice.pem', '--reason', 'x');
  await until(() => streams.closed() === 2);
  first.signal('SIGTERM');
  t.match(await first.ended, { code: 0 });
  const again = startProcess(t, ['run', '-c', file]);
  const port = Number((await again.lineWhere(({ msg }) => msg === 'listening')).port);
  checkRefusal(t, await send(t, { port, certificate: alice }), 'certificate-blocked');
  await commands.done('unblock', '--cert', 'alice.pem');
  await until(async () => (await statusOf(t, { port, certificate: alice })) === 200);
});
