// A client that was refused is added from the log line of its refusal, and is let in while the gateway runs on.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkRefusal, send, statusOf } from '../kit/client.ts';
import { commandsOn } from '../kit/commands.ts';
import { makePki } from '../kit/gateway.ts';
import { startGatewayProcess } from '../kit/process.ts';
import { until } from '../kit/until.ts';
import { headerOf, startUpstream } from '../kit/upstream.ts';

const pki = makePki();
const upstream = await startUpstream(t);
const gateway = await startGatewayProcess(t, {
  pki,
  upstreamPort: upstream.port,
  yaml: `directory: { url: "sqlite:clients.db" }
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require, account: required }]`,
});
const { port, folder, file } = gateway;
const commands = commandsOn(t, file, folder);

t.test('add --request', async (t) => {
  const certificate = pki.issuing.client({ cn: 'alice' });
  const refused = await send(t, { port, certificate });
  checkRefusal(t, refused, 'account-unknown');
  const { requestId } = JSON.parse(refused.text) as { requestId: string };
  await gateway.lineWhere((line) => line.requestId === requestId);
  writeFileSync(join(folder, 'gateway.log'), `not JSON ${requestId}\n${gateway.stdout()}`);
  const add = ['clients', 'add', 'alice', '--log', 'gateway.log', '--request'];
  t.match(await commands.run(...add, 'another'), { code: 1, stderr: /has no line of request another/ });
  await commands.done(...add, requestId);
  await until(async () => (await statusOf(t, { port, certificate })) === 200);
  t.strictSame(headerOf(upstream.last(), 'x-client-account'), ['alice']);
  t.match(await commands.run(...add, requestId), { code: 1, stderr: /the certificate is one of alice/ });
  // Within seconds of being seen it is known by what its holder cannot change.
  type Listed = { credentials: { match: { kind: string } }[] }[];
  const kindOf = async () => (await commands.json<Listed>('clients', 'list'))[0]?.credentials[0]?.match.kind;
  await until(async () => (await kindOf()) === 'issuer-serial');
  t.match(await commands.run(...add, requestId), { code: 1, stderr: /the certificate is one of alice/ });
  t.match(await commands.run('block', '--fingerprint', certificate.facts.fingerprint, '--reason', 'x'), { code: 0 });
  await until(async () => (await statusOf(t, { port, certificate })) === 403);
});

t.test('what ends soon', async (t) => {
  const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  for (const [name, days] of Object.entries({ soon: 5, later: 50 })) {
    await commands.done('clients', 'add', name, '--until', day(days));
  }
  const names = async (...args: string[]) =>
    (await commands.json<{ account: string; kind: string }[]>('clients', 'expiring', ...args))
      .filter(({ kind }) => kind === 'permission')
      .map(({ account }) => account);
  t.strictSame(await names(), ['soon']);
  t.strictSame(await names('--days', '60'), ['soon', 'later']);
});
