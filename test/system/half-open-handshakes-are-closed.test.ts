// Who connects and does not finish the handshake is closed at its time limit, and costs nobody else anything.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { send } from '../kit/client.ts';
import { writeHello } from '../kit/hello.ts';

const LIMIT = 'timeouts: { handshake: 3s }\n';

async function openPlainly(t: Test, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  return socket.resume();
}

/** However it comes about: a client that is still writing may be told by a reset, for which `once` would reject. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

t.test('clients that stop in the middle', async (t) => {
  const { port, gateway, upstream } = await startAttacked(t, { yaml: LIMIT });
  const hello = await writeHello(t, 'localhost', 'localhost');
  const silent = await Promise.all(Array.from({ length: 20 }, () => openPlainly(t, port)));
  const started = await Promise.all(
    [1, 5, 20, hello.length - 1, hello.length].map(async (length) => {
      const socket = await openPlainly(t, port);
      socket.write(hello.subarray(0, length));
      return socket;
    }),
  );
  const dribbling = await openPlainly(t, port);
  let sent = 0;
  const timer = setInterval(() => dribbling.write(hello.subarray(sent, ++sent)), 20);
  t.teardown(() => clearInterval(timer));
  const all = [...silent, ...started, dribbling].map(closeOf);

  t.equal((await send(t, { port, path: '/public' })).status, 200, 'a good client is served meanwhile');
  await Promise.all(all);
  t.pass('all of them were closed');
  t.equal((await send(t, { port, path: '/public' })).status, 200, 'and afterwards');
  t.equal(upstream.received.length, 2);
  t.equal(gateway.requests().length, 2);
});

t.test('clients that say nothing after the handshake of TCP do not hold up a stop', async (t) => {
  const { port, gateway } = await startAttacked(t);
  const closed = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const socket = await openPlainly(t, port);
      return { closed: closeOf(socket) };
    }),
  );
  t.equal((await send(t, { port, path: '/public' })).status, 200);
  await gateway.stop();
  await Promise.all(closed.map((each) => each.closed));
  t.pass('it stopped, and they are closed');
});
