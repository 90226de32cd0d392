// A handshake that began before a reload was judged by the authorities of then, and its evidence carried the generation of
// now: the refusal looked as if today's authorities had spoken, and the client stayed on that connection with it.

import { once } from 'node:events';
import { connect as connectPlainly } from 'node:net';
import { connect } from 'node:tls';
import t from 'tap';
import { send, tlsOptions } from '../kit/client.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { startUpstream } from '../kit/upstream.ts';
import { readAnswers } from '../kit/wire.ts';

const pki = makePki();
const { root, issuing, foreign } = pki;

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(version, async (t) => {
    const upstream = await startUpstream(t);
    const { port, probesPort, reload } = await startTestGateway(t, {
      pki,
      upstreamPort: upstream.port,
      yaml: 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]',
      files: { 'ca.pem': root.pem },
    });
    const partner = foreign.client({ cn: 'partner' });
    const isTaken = async (count: number) => {
      const metrics = await (await fetch(`http://127.0.0.1:${probesPort}/metrics`)).text();
      return new RegExp(`^portcullis_connections ${count}$`, 'm').test(metrics);
    };
    const begin = async (count: number) => {
      const raw = connectPlainly(port, '127.0.0.1');
      t.teardown(() => raw.destroy());
      await once(raw, 'connect');
      while (!(await isTaken(count)));
      return raw;
    };
    const finish = async (raw: Awaited<ReturnType<typeof begin>>, certificate: typeof partner) => {
      const options = tlsOptions({ port, certificate, version, servername: null });
      const socket = connect({ ...options, socket: raw }).on('error', () => {});
      await once(socket, 'secureConnect');
      const answers = readAnswers(t, socket);
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      return { answers, answer: await answers.next() };
    };

    const [old, good] = [await begin(1), await begin(2)];
    await reload({ files: { 'ca.pem': root.pem + foreign.pem } });
    const { answer, answers } = await finish(old, partner);
    t.match(answer, { status: 403, body: /certificate-untrusted/ });
    t.strictSame(answer.headers.get('connection'), ['close'], 'another handshake may bring something else');
    t.equal(await answers.rest(), '');
    t.equal(
      (await send(t, { port, certificate: partner, version, servername: null, headers: { host: 'localhost' } })).status,
      200,
    );

    const allowed = await finish(good, issuing.client({ cn: 'alice' }));
    t.equal(allowed.answer.status, 200, 'who was good before and is so now does not notice');
    t.notSame(allowed.answer.headers.get('connection'), ['close']);
  });
}
