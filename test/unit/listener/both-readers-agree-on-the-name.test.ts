// The name that was read from the hello, and the one that OpenSSL chose its context by, are the same one; a client that
// sends two hellos could make them differ.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type SecureVersion, type TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { isNamed } from '../../../src/listener/evidence.ts';
import { tlsOptions } from '../../kit/client.ts';
import { makeRoot } from '../../kit/pki.ts';

/** The server's end of a handshake. */
async function shakeHands(t: Test, servername: string | null, version: SecureVersion): Promise<TLSSocket> {
  const { chainPem, keyPem } = makeRoot().server();
  const server = createServer({ cert: chainPem, key: keyPem }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect(tlsOptions({ port, servername, version })).on('error', () => {});
  t.teardown(() => client.destroy());
  const [socket] = (await once(server, 'secureConnection')) as [TLSSocket];
  return socket.on('error', () => {});
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(version, async (t) => {
    const named = await shakeHands(t, 'Secure.test.', version);
    t.equal(isNamed(named, 'secure.test'), true, 'whatever its spelling');
    t.equal(isNamed(named, 'open.test'), false, 'another name');
    t.equal(isNamed(named, undefined), false, 'a name that was not read');
    const nameless = await shakeHands(t, null, version);
    t.equal(isNamed(nameless, undefined), true, 'no name');
    t.equal(isNamed(nameless, 'secure.test'), false, 'a name that OpenSSL has not seen');
  });
}
