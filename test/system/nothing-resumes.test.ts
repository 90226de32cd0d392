// A resumed connection would carry an old verdict: of another time, another host, or of no certificate at all, which
// some versions of Node call authorized (nodejs/node#35317, CVE-2025-23419). So nothing resumes, in either version.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type SecureVersion, type TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { makeRoot, type TestCertificate } from '../kit/pki.ts';
import { readAnswers, type WireAnswer } from '../kit/wire.ts';

interface Visit {
  readonly answer: WireAnswer;
  readonly resumed: boolean;
  /** What the client could resume with. */
  readonly session: Buffer | undefined;
}

interface VisitOptions {
  readonly port: number;
  readonly version: SecureVersion;
  readonly host?: string;
  readonly path?: string;
  readonly certificate?: TestCertificate;
  readonly session?: Buffer | undefined;
}

/** One request on a connection of its own, and the session that it leaves. */
async function visit(t: Test, options: VisitOptions): Promise<Visit> {
  const { port, version, host = 'localhost', path = '/', certificate, session } = options;
  const socket: TLSSocket = connect({
    port,
    host: '127.0.0.1',
    servername: host,
    rejectUnauthorized: false,
    minVersion: version,
    maxVersion: version,
    ...(certificate && { cert: certificate.chainPem, key: certificate.keyPem }),
    ...(session && { session }),
  });
  t.teardown(() => socket.destroy());
  let latest: Buffer | undefined;
  socket.on('session', (given: Buffer) => {
    latest = given;
  });
  const answers = readAnswers(t, socket);
  await once(socket, 'secureConnect');
  const resumed = socket.isSessionReused();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const answer = await answers.next();
  return { answer, resumed, session: latest ?? socket.getSession() };
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`${version}: this client resumes where it may`, async (t) => {
    const { chainPem, keyPem } = makeRoot().server();
    const server = createServer({ cert: chainPem, key: keyPem }, (socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
    server.listen(0, '127.0.0.1');
    t.teardown(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { session } = await visit(t, { port, version });
    t.equal((await visit(t, { port, version, session })).resumed, true);
  });

  t.test(`${version}: without a certificate`, async (t) => {
    const { port, gateway, upstream } = await startAttacked(t);
    let session: Buffer | undefined;
    for (const turn of ['first', 'second', 'third']) {
      const found = await visit(t, { port, version, path: '/admin', session });
      t.match(found, { resumed: false, answer: { status: 403, body: /certificate-required/ } }, turn);
      t.match(gateway.requests().at(-1), { resumed: false, tls: version, code: 'certificate-required' });
      session = found.session;
    }
    t.equal(upstream.bytes(), 0);
  });

  t.test(`${version}: a session of a good certificate, without the certificate`, async (t) => {
    const { port, upstream, alice } = await startAttacked(t);
    const first = await visit(t, { port, version, path: '/admin', certificate: alice });
    t.equal(first.answer.status, 200);
    const { session } = first;
    const again = await visit(t, { port, version, path: '/admin', certificate: alice, session });
    t.match(again, { resumed: false, answer: { status: 200 } }, 'with it, a whole handshake is made');
    const second = await visit(t, { port, version, path: '/admin', session });
    t.match(second, { resumed: false, answer: { status: 403, body: /certificate-required/ } });
    t.equal(upstream.received.length, 2);
  });

  t.test(`${version}: a session of a bad certificate, and one of another host`, async (t) => {
    const { port, upstream, alice, gateway } = await startAttacked(t);
    const stranger = gateway.pki.foreign.client({ cn: 'alice' });
    const first = await visit(t, { port, version, host: 'open.test', certificate: stranger });
    t.equal(first.answer.status, 200, 'a site that reads no certificate serves it');
    const refused = await visit(t, {
      port,
      version,
      host: 'secure.test',
      certificate: stranger,
      session: first.session,
    });
    t.match(refused, { resumed: false, answer: { status: 403, body: /certificate-untrusted/ } });
    const other = await visit(t, { port, version, host: 'open.test', certificate: alice });
    const anonymous = await visit(t, { port, version, host: 'secure.test', session: other.session });
    t.match(anonymous, { resumed: false, answer: { status: 403, body: /certificate-required/ } });
    t.equal(upstream.received.length, 2);
  });
}
