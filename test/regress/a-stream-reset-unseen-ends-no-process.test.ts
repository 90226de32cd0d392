// While it is decided whether a connection may send requests at all, what it sends waits. A stream that was opened and reset
// meanwhile was closed before anybody listened to its errors, and any client could end the process. A client that left
// meanwhile was never forgotten.

import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect, TLSSocket } from 'node:tls';
import v8 from 'node:v8';
import t, { type Test } from 'tap';
import { send, tlsOptions } from '../kit/client.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { END_HEADERS, ERROR, frame, GET, headers, POST, reset } from '../kit/http2-wire.ts';
import { startResponder } from '../kit/ocsp-responder.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const pki = makePki();

const FIRST = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame('SETTINGS', 0, 0),
  ...[ERROR.cancel, ERROR.internal, ERROR.none].flatMap((code, index) => [
    headers(2 * index + 1, POST, END_HEADERS),
    reset(2 * index + 1, code),
  ]),
  headers(7, GET),
]);

/** Until `release` is called, nobody gets in whose certificate was not seen before. */
async function start(t: Test) {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const responder = await startResponder(t);
  responder.says(async () => {
    await held;
    return { status: 500, body: Buffer.alloc(0) };
  });
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, {
    pki,
    upstreamPort: upstream.port,
    serverNames: ['localhost', 'open.test'],
    revocation: `{ mode: soft, depth: leaf, timeLimit: 1m, ocsp: "${responder.url}" }`,
    yaml: `sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require, onRefusal: handshake }
  - { hosts: [open.test], upstream: app, clientCertificate: ignore }`,
  });
  const knock = () => {
    const raw = connectTcp(gateway.port, '127.0.0.1');
    const options = tlsOptions({ port: gateway.port, certificate: pki.issuing.client() });
    const socket = connect({ ...options, socket: raw, ALPNProtocols: ['h2'] });
    socket.on('error', () => {});
    return { raw, socket };
  };
  return { gateway, upstream, responder, knock, release };
}

t.test('a client that resets', async (t) => {
  const { gateway, responder, knock, release } = await start(t);
  const { socket } = knock();
  t.teardown(() => socket.destroy());
  await until(() => responder.requests.length === 1);
  await new Promise((resolve) => socket.write(FIRST, resolve));
  // A whole exchange on another connection: what was written before it has arrived.
  t.equal((await send(t, { port: gateway.port, servername: 'open.test' })).status, 200);
  let text = '';
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
  });
  release();
  await until(() => text.includes('answered /x'));
});

t.test('clients that leave', async (t) => {
  const { gateway, responder, knock, release } = await start(t);
  const count = () => v8.queryObjects(TLSSocket, { format: 'count' });
  const before = count();
  for (let known = 0; known < 12; known++) {
    const { raw, socket } = knock();
    await until(() => responder.requests.length > known);
    await new Promise((resolve) => socket.write(FIRST, resolve));
    raw.resetAndDestroy();
    await once(socket, 'close');
  }
  t.equal((await send(t, { port: gateway.port, servername: 'open.test' })).status, 200);
  release();
  await until(() => count() < before + 6);
});
