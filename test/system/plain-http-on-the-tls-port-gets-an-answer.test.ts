// A person who forgot the `s` of https gets a sentence; bytes that are neither TLS nor HTTP get nothing. Both lose the
// connection, and neither reaches a request.

import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { checkForLeaks, send } from '../kit/client.ts';

/** Sends bytes on a TCP connection, and its end if `andEnd`; gives what came until it was closed. */
function sendPlainly(t: Test, port: number, bytes: string | Buffer, andEnd = false): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  t.teardown(() => socket.destroy());
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  socket.on('end', () => socket.destroy());
  socket.write(bytes);
  if (andEnd) socket.end();
  return new Promise((resolve) => socket.once('close', () => resolve(text)));
}

t.test('plain HTTP', async (t) => {
  const { port, upstream, gateway } = await startAttacked(t);
  t.equal((await send(t, { port, path: '/public' })).status, 200, 'TLS is spoken on the port');
  const before = upstream.bytes();
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'CONNECT']) {
    const text = await sendPlainly(t, port, `${method} /public HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    t.match(text, /^HTTP\/1\.1 400 Bad Request\r\n/, method);
    t.match(text, /\r\nConnection: close\r\n/);
    const body = text.slice(text.indexOf('\r\n\r\n') + 4);
    t.match(JSON.parse(body), { status: 400, code: 'request-invalid', detail: /https/ });
    checkForLeaks(t, 400, body);
  }
  t.equal(upstream.bytes(), before);
  t.equal(gateway.requests().length, 1, 'none of them became a request');
});

const GARBAGE: readonly (readonly [string, Buffer])[] = [
  ['zeros', Buffer.alloc(100)],
  ['text', Buffer.from('SSH-2.0-nothing\r\n')],
  ['a TLS record of an unknown type', Buffer.from('ff0303000500000000ff', 'hex')],
  ['a ClientHello of SSL 2', Buffer.from('802e0100020015000000100100800700c0', 'hex')],
  ['a TLS record that is longer than one may be', Buffer.from(`160301ffff01${'00'.repeat(64)}`, 'hex')],
  ['a ClientHello that is broken', Buffer.from(`1603010010010000${'ff'.repeat(13)}`, 'hex')],
];

t.test('garbage', async (t) => {
  const { port, upstream, gateway } = await startAttacked(t);
  for (const [name, bytes] of GARBAGE) {
    const text = await sendPlainly(t, port, bytes, true);
    t.notMatch(text, /HTTP/, `${name} gets no HTTP`);
    t.equal((await send(t, { port, path: '/public' })).status, 200, 'and a client after it is served');
  }
  t.equal(upstream.received.length, GARBAGE.length);
  t.equal(gateway.requests().length, GARBAGE.length);
});
