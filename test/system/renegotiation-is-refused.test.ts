// A renegotiation would change the client under a live connection: any valid client could become anybody.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import t from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { open } from '../kit/client.ts';
import { runClient } from '../kit/openssl.ts';
import { makeRoot } from '../kit/pki.ts';
import { readAnswers } from '../kit/wire.ts';

/** Resolves with the error, or null when it was done. */
function renegotiate(socket: TLSSocket): Promise<Error | null> {
  const failed = once(socket, 'error').then(([error]) => error as Error);
  const done = new Promise<Error | null>((resolve) => {
    socket.renegotiate({ rejectUnauthorized: false }, resolve);
  });
  return Promise.race([failed, done]);
}

t.test('clients of Node and OpenSSL renegotiate where they may', async (t) => {
  const { chainPem, keyPem } = makeRoot().server();
  const server = createServer({ cert: chainPem, key: keyPem }, (socket) => socket.on('error', () => {}).resume());
  server.listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  t.equal(await renegotiate(await open(t, { port, version: 'TLSv1.2' })), null);
  const text = await runClient(t, port, ['-tls1_2'], 'R\n');
  t.match(text, 'RENEGOTIATING');
  t.notMatch(text, /no.renegotiation/i);
});

t.test('a client with a certificate', async (t) => {
  const { port, alice, upstream } = await startAttacked(t);
  const socket = await open(t, { port, certificate: alice, version: 'TLSv1.2' });
  const answers = readAnswers(t, socket);
  socket.write('GET /admin HTTP/1.1\r\nHost: localhost\r\n\r\n');
  t.equal((await answers.next()).status, 200);
  t.match(await renegotiate(socket), { code: 'ERR_SSL_NO_RENEGOTIATION' });
  t.equal(upstream.received.length, 1);
});

t.test('openssl s_client', async (t) => {
  const { port, upstream } = await startAttacked(t);
  const text = await runClient(t, port, ['-tls1_2', '-servername', 'localhost'], 'R\n');
  t.match(text, 'RENEGOTIATING');
  t.match(text, /no.renegotiation/i);
  t.equal(upstream.bytes(), 0);
});
