// A handshake that began before a reload was judged by the authorities of then, and its evidence carried the generation of
// now: the refusal looked as if today's authorities had spoken, and the client stayed on that connection with it.

import { once } from 'node:events';
import { connect as connectPlainly, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import t from 'tap';
import { send, tlsOptions } from '../kit/client.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { startUpstream } from '../kit/upstream.ts';
import { readAnswers } from '../kit/wire.ts';

/** What stands between a TLS client and its connection: its hello goes out, all else when it is let go. */
function holdBehindHello(raw: Socket, letGo: Promise<void>): Duplex {
  let said = false;
  const held = new Duplex({
    read: () => {},
    write(chunk: Buffer, _, done) {
      const mayGo = said ? letGo : Promise.resolve();
      said = true;
      void mayGo.then(() => raw.write(chunk, done));
    },
  });
  raw.on('data', (chunk: Buffer) => held.push(chunk)).once('close', () => held.destroy());
  return held;
}

const pki = makePki();
const { root, issuing, foreign } = pki;

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(version, async (t) => {
    const upstream = await startUpstream(t);
    const { port, reload } = await startTestGateway(t, {
      pki,
      upstreamPort: upstream.port,
      yaml: 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]',
      files: { 'ca.pem': root.pem },
    });
    const partner = foreign.client({ cn: 'partner' });
    const begin = async (certificate: typeof partner) => {
      const raw = connectPlainly(port, '127.0.0.1').on('error', () => {});
      t.teardown(() => raw.destroy());
      const { promise, resolve: letGo } = Promise.withResolvers<void>();
      const options = tlsOptions({ port, certificate, version, servername: null });
      const socket = connect({ ...options, socket: holdBehindHello(raw, promise) }).on('error', () => {});
      const secured = once(socket, 'secureConnect');
      await once(raw, 'data');
      return { socket, secured, letGo };
    };
    const finish = async ({ socket, secured, letGo }: Awaited<ReturnType<typeof begin>>) => {
      letGo();
      await secured;
      const answers = readAnswers(t, socket);
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      return { answers, answer: await answers.next() };
    };

    const [old, good] = [await begin(partner), await begin(issuing.client({ cn: 'alice' }))];
    await reload({ files: { 'ca.pem': root.pem + foreign.pem } });
    const { answer, answers } = await finish(old);
    t.match(answer, { status: 403, body: /certificate-untrusted/ });
    t.strictSame(answer.headers.get('connection'), ['close'], 'another handshake may bring something else');
    t.equal(await answers.rest(), '');
    t.equal(
      (await send(t, { port, certificate: partner, version, servername: null, headers: { host: 'localhost' } })).status,
      200,
    );

    const allowed = await finish(good);
    t.equal(allowed.answer.status, 200, 'who was good before and is so now does not notice');
    t.notSame(allowed.answer.headers.get('connection'), ['close']);
  });
}
