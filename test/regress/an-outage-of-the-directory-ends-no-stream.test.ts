// A database of clients that was away closed every open stream as soon as one of them was judged again, as if all of them had
// been blocked. Requests are refused while nobody can tell, but what is open goes on until somebody says that it should end.

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { WebSocket } from 'ws';
import { openDirectory } from '../../src/directory/open.ts';
import { checkRefusal, send, statusOf } from '../kit/client.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';
import { echo, openWebSocket, startEchoUpstream } from '../kit/websocket-client.ts';

const pki = makePki();
const alice = pki.issuing.client({ cn: 'alice' });
const YAML = `
directory: { url: "sqlite:clients.db" }
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]
`;

t.test('it stays open, and a block that comes later closes it', async (t) => {
  const upstream = await startEchoUpstream(t);
  const gateway = await startTestGateway(t, { pki, upstreamPort: upstream.port, yaml: YAML });
  const socket = await openWebSocket(t, { port: gateway.port, certificate: alice });
  if (!(socket instanceof WebSocket)) throw new Error(`refused: ${socket.text}`);
  const file = join(gateway.folder, 'clients.db');

  for (const part of ['', '-wal', '-shm']) renameSync(file + part, `${file}.kept${part}`);
  writeFileSync(file, 'this is no database, and nobody can tell from it who is blocked');
  await until(async () => (await statusOf(t, { port: gateway.port, certificate: alice })) === 503);
  checkRefusal(t, await send(t, { port: gateway.port, certificate: alice }), 'directory-unavailable');
  await gateway.reload();
  t.equal(await echo(socket, 'still here'), 'still here');

  for (const part of ['', '-wal', '-shm']) {
    rmSync(file + part, { force: true });
    renameSync(`${file}.kept${part}`, file + part);
  }
  await until(async () => (await openWebSocket(t, { port: gateway.port, certificate: alice })) instanceof WebSocket);
  t.equal(await echo(socket, 'and now'), 'and now');
  const store = openDirectory(`sqlite:${file}`, { clock: Date.now });
  await store.prepare();
  const match = { kind: 'spki', spki: alice.facts.publicKey.spkiHash } as const;
  t.match(await store.change({ actor: 'test', changes: [{ do: 'add-block', match, reason: 'lost' }] }), { done: true });
  await store.close();
  await until(() => socket.readyState === WebSocket.CLOSED);
  checkRefusal(t, await send(t, { port: gateway.port, certificate: alice }), 'certificate-blocked');
});
