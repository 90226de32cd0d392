// TLS 1.2 and 1.3, or 1.3 alone where the listener says so; SSL 3, TLS 1.0 and 1.1 never (RFC 8996).

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type SecureVersion } from 'node:tls';
import t, { type Test } from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { makeRoot } from '../kit/pki.ts';

/** Even OpenSSL's lowest demands on itself, so that nothing but the server refuses. */
const WEAK = 'ALL:@SECLEVEL=0';

/** The version spoken, or undefined when the handshake failed. */
async function handshake(t: Test, port: number, version: SecureVersion, servername: string) {
  const socket = connect({
    port,
    host: '127.0.0.1',
    servername,
    rejectUnauthorized: false,
    minVersion: version,
    maxVersion: version,
    ciphers: WEAK,
  });
  t.teardown(() => socket.destroy());
  const failed = once(socket, 'error').then(() => undefined);
  return Promise.race([failed, once(socket, 'secureConnect').then(() => socket.getProtocol())]);
}

t.test('this client speaks old versions where it may', async (t) => {
  const { chainPem, keyPem } = makeRoot().server({ key: 'rsa2048' });
  const server = createServer({ cert: chainPem, key: keyPem, minVersion: 'TLSv1', ciphers: WEAK });
  server.on('secureConnection', (socket) => socket.on('error', () => {}));
  server.listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (const version of ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const) {
    t.equal(await handshake(t, port, version, 'localhost'), version);
  }
});

for (const [minimum, spoken] of [
  ['TLSv1.2', ['TLSv1.2', 'TLSv1.3']],
  ['TLSv1.3', ['TLSv1.3']],
] as const) {
  t.test(`minVersion: ${minimum}`, async (t) => {
    const { port, gateway } = await startAttacked(t, { listener: `minVersion: ${minimum}` });
    for (const servername of ['localhost', 'secure.test', '']) {
      for (const version of ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const) {
        const expected = (spoken as readonly string[]).includes(version) ? version : undefined;
        t.equal(await handshake(t, port, version, servername), expected, `${version}, SNI "${servername}"`);
      }
    }
    await gateway.reload();
    t.equal(await handshake(t, port, minimum === 'TLSv1.3' ? 'TLSv1.2' : 'TLSv1.1', 'localhost'), undefined);
    t.equal(await handshake(t, port, minimum, 'localhost'), minimum, 'and a reload changes nothing');
  });
}
