// A client that sent its request and reset the connection at once had taken its address along before it was read: the
// request went on with an empty X-Forwarded-For, and with no address in the log.

import { connect, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import t from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { send, tlsOptions } from '../kit/client.ts';
import { headerOf } from '../kit/upstream.ts';

const ATTEMPTS = 60;

/** The last flight of the handshake and the request leave together, and the reset right behind them. */
function sendAndReset(port: number): Promise<void> {
  return new Promise((resolve) => {
    const raw: Socket = connect(port, '127.0.0.1');
    raw.on('error', () => {}).once('close', () => resolve());
    const socket = connectSecurely({ ...tlsOptions({ port }), socket: raw });
    socket.on('error', () => {});
    socket.once('secureConnect', () => {
      socket.write('GET /gone HTTP/1.1\r\nHost: localhost\r\n\r\n', () => raw.resetAndDestroy());
    });
  });
}

t.test('whatever reaches the upstream or the log says who it is from', async (t) => {
  const { port, upstream, gateway } = await startAttacked(t);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) await sendAndReset(port);
  t.equal((await send(t, { port, path: '/stayed' })).status, 200);
  t.equal(upstream.last().url, '/stayed');
  for (const received of upstream.received) t.strictSame(headerOf(received, 'x-forwarded-for'), ['127.0.0.1']);
  for (const line of gateway.requests()) t.equal(line.clientAddress, '127.0.0.1');
});
