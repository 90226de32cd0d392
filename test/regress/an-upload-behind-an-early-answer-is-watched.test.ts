// An answer that was complete before its request was let the exchange be forgotten: the rest of the upload went on to the
// upstream, whatever became of the certificate or the rule meanwhile.

import { once } from 'node:events';
import t, { type Test } from 'tap';
import { open } from '../kit/client.ts';
import { type GatewayOptions, makePki, startTestGateway } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';
import { readAnswers } from '../kit/wire.ts';

const HOUR_MS = 3_600_000;
const pki = makePki();
const site = (settings: string) => `sites: [{ hosts: [localhost], trust: corporate, upstream: app, ${settings} }]`;
const REQUIRE = site('clientCertificate: require');
const CHUNK = 'x'.repeat(1000);

/** An upload that is under way and answered; it goes on as long as it may. */
async function startUpload(t: Test, options: Partial<GatewayOptions>, notAfter: number) {
  const upstream = await startUpstream(t);
  upstream.server.removeAllListeners('request');
  upstream.server.on('request', (request, response) => {
    request.on('error', () => {}).resume();
    response.end('early');
  });
  const gateway = await startTestGateway(t, { pki, upstreamPort: upstream.port, yaml: REQUIRE, ...options });
  const certificate = pki.issuing.client({ cn: 'alice', notAfter });
  const socket = await open(t, { port: gateway.port, certificate });
  const answers = readAnswers(t, socket);
  const asked = once(upstream.server, 'request');
  socket.write(`POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n${CHUNK}\r\n`);
  t.equal((await answers.next()).body, 'early');
  const [request] = await asked;
  const sendOn = async () => {
    const before = upstream.bytes();
    socket.write(`3e8\r\n${CHUNK}\r\n`);
    await until(() => upstream.bytes() > before);
  };
  return { gateway, upstream, socket, request, sendOn, answers };
}

t.test('it goes on while it may, and is one request in the log', async (t) => {
  const { gateway, socket, request, sendOn, answers } = await startUpload(t, {}, Date.now() + HOUR_MS);
  await sendOn();
  await gateway.reload();
  await sendOn();
  t.equal(gateway.requests().length, 0);
  socket.write('0\r\n\r\n');
  await until(() => request.complete && gateway.requests().length === 1);
  t.match(gateway.requests(), [{ decision: 'allow', status: 200 }]);
  socket.write('GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n');
  t.equal((await answers.next()).status, 200, 'the connection goes on behind it');
});

t.test('the certificate expires', async (t) => {
  let now = Date.now();
  const { gateway, socket, request, sendOn } = await startUpload(t, { clock: () => now }, now + HOUR_MS);
  await sendOn();
  now += 2 * HOUR_MS;
  await until(() => socket.closed);
  await until(() => request.socket.destroyed);
  t.equal(request.complete, false, 'for the upstream it was broken off');
  await until(() => gateway.requests().length === 1);
  t.match(gateway.requests(), [{ decision: 'allow', code: 'certificate-expired' }]);
});

t.test('the rule changes', async (t) => {
  const { gateway, socket, request, sendOn } = await startUpload(t, {}, Date.now() + HOUR_MS);
  await sendOn();
  await gateway.reload({ yaml: site('clientCertificate: require, deny: [{ subject: { CN: alice } }]') });
  await until(() => socket.closed);
  await until(() => request.socket.destroyed);
  t.equal(request.complete, false);
  await until(() => gateway.requests().length === 1);
  t.match(gateway.requests(), [{ decision: 'allow', code: 'certificate-not-allowed' }]);
});
