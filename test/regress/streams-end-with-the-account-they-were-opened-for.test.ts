// An open stream stayed open when its account was removed, or its certificate came to another: where no account is required
// the next request would be allowed, but the service went on to take the stream for that account's.

import { join } from 'node:path';
import t from 'tap';
import type { Change } from '../../src/directory/changes.ts';
import { openDirectory } from '../../src/directory/open.ts';
import { statusOf } from '../kit/client.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import type { TestCertificate } from '../kit/pki.ts';
import { startStreamUpstream } from '../kit/streams.ts';
import { until } from '../kit/until.ts';

const pki = makePki();
const YAML = `directory: { url: "sqlite:clients.db" }
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]`;

const add = (name: string, { facts }: TestCertificate): Change => ({
  do: 'add-account',
  account: { name, kind: 'person' },
  credentials: [{ match: { kind: 'tbs', tbs: facts.tbsHash } }],
});

t.test('an account is removed, or another one’s, and who had none gets one', async (t) => {
  const upstream = await startStreamUpstream(t);
  const [alice, bob] = [pki.issuing.client({ cn: 'alice' }), pki.issuing.client({ cn: 'bob' })];
  const gateway = await startTestGateway(t, { pki, upstreamPort: upstream.port, yaml: YAML });
  const { port } = gateway;
  const store = openDirectory(`sqlite:${join(gateway.folder, 'clients.db')}`, { clock: Date.now });
  t.teardown(() => store.close());
  /** Makes the changes, and waits until the gateway knows whose the certificate is. */
  const change = async (certificate: TestCertificate, account: string | undefined, ...changes: Change[]) => {
    t.match(await store.change({ actor: 'test', changes }), { done: true });
    await until(async () => {
      const status = await statusOf(t, { port, certificate });
      t.ok(status === 200 || status === 0);
      return gateway.requests().at(-1)?.account === account;
    });
  };

  const nobodys = await upstream.open({ port, certificate: bob });
  await change(bob, 'bob', add('bob', bob));
  const his = await upstream.open({ port, certificate: bob });
  await change(alice, 'alice', add('alice', alice));
  const hers = await upstream.open({ port, certificate: alice });

  await change(alice, 'eve', { do: 'remove-account', name: 'alice' }, add('eve', alice));
  await until(() => hers.closed() === 2);
  const closings = gateway.lines.filter(({ message }) => message.startsWith('an open stream was closed'));
  t.match(closings, Array(2).fill({ code: 'account-unknown', check: 'account' }));
  const eves = await upstream.open({ port, certificate: alice });
  await change(alice, undefined, { do: 'remove-account', name: 'eve' });
  await until(() => eves.closed() === 2);

  await his.check(t, 'whose account stays');
  await nobodys.check(t, 'of which nothing was said');
});
