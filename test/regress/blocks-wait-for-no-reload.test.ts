// Open streams were judged again in one line with reloads: a block waited for a reload that asked a slow host for a list.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { openDirectory } from '../../src/directory/open.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { startStreamUpstream } from '../kit/streams.ts';
import { until } from '../kit/until.ts';

const pki = makePki();
const YAML = `directory: { url: "sqlite:clients.db" }
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]`;

t.test('streams of a blocked client end while a reload waits, and the reload still takes effect', async (t) => {
  const upstream = await startStreamUpstream(t);
  const asking: Socket[] = [];
  const silent = createServer((socket) => asking.push(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  const [alice, bob] = [pki.issuing.client({ cn: 'alice' }), pki.issuing.client({ cn: 'bob' })];
  const gateway = await startTestGateway(t, { pki, upstreamPort: upstream.port, yaml: YAML });
  const store = openDirectory(`sqlite:${join(gateway.folder, 'clients.db')}`, { clock: Date.now });
  t.teardown(() => store.close());
  const block = (tbs: string) =>
    store.change({ actor: 'test', changes: [{ do: 'add-block', match: { kind: 'tbs', tbs }, reason: 'lost' }] });
  const [hers, his] = [
    await upstream.open({ port: gateway.port, certificate: alice }),
    await upstream.open({ port: gateway.port, certificate: bob }),
  ];

  let isReloaded = false;
  const revocation = `{ mode: soft, crl: ["http://127.0.0.1:${port}/slow.crl"], timeLimit: 1m, allowHosts: [127.0.0.1] }`;
  const reloaded = gateway.reload({ revocation }).then(() => {
    isReloaded = true;
  });
  await until(() => asking.length > 0);
  await block(alice.facts.tbsHash);
  await until(() => hers.closed() === 2);
  t.notOk(isReloaded);
  await his.check(t, 'bob goes on');
  silent.close();
  for (const socket of asking) socket.destroy();
  await reloaded;
  await his.check(t, 'bob goes on behind the reload');
  await block(bob.facts.tbsHash);
  await until(() => his.closed() === 2);
});
