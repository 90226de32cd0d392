// A handshake is completed or fails, once, by whichever of its two sockets comes first; its time runs from the beginning.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { createHandshakes } from '../../../src/listener/handshakes.ts';

const LONG_MS = 60_000;

/** The server's end of a connection. */
async function accept(t: Test): Promise<Socket> {
  const server = createServer().listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  t.teardown(() => client.destroy());
  const [socket] = (await once(server, 'connection')) as [Socket];
  t.teardown(() => socket.destroy());
  return socket;
}

function listen(timeoutMs: number) {
  const reported: string[] = [];
  const handshakes = createHandshakes(timeoutMs, (_, failure, code) => reported.push(`${failure} ${code}`));
  return { handshakes, reported };
}

t.test('it fails once', async (t) => {
  const { handshakes, reported } = listen(LONG_MS);
  const socket = await accept(t);
  t.ok(handshakes.add(socket));
  handshakes.fail(socket, 'form');
  handshakes.fail(socket, 'form');
  t.equal(handshakes.complete(socket), undefined);
  socket.destroy();
  await once(socket, 'close');
  t.strictSame(reported, ['failed form']);
});

t.test('what is complete does not fail any more', async (t) => {
  const { handshakes, reported } = listen(LONG_MS);
  const socket = await accept(t);
  const handshake = handshakes.add(socket);
  const contexts = { asksForCertificate: () => true } as never;
  const guest = {} as never;
  const begun = { serverName: 'secure.test', contexts, guest, bytesBehindHello: () => 0 };
  if (handshake !== undefined) handshake.begun = begun;
  t.match(handshakes.complete(socket), { serverName: 'secure.test' });
  t.equal(handshakes.complete(socket), undefined);
  socket.destroy();
  await once(socket, 'close');
  t.strictSame(reported, []);
});

t.test('one that cannot be told from another is not begun', async (t) => {
  const { handshakes, reported } = listen(LONG_MS);
  const socket = await accept(t);
  t.ok(handshakes.add(socket));
  t.equal(handshakes.add(socket), undefined);
  t.ok(handshakes.add(await accept(t)));
  handshakes.breakOff();
  await once(socket, 'close');
  t.strictSame(reported[0], 'failed ECONNRESET');
});

t.test('its time is over, whatever comes', async (t) => {
  const { handshakes, reported } = listen(50);
  const socket = await accept(t);
  handshakes.add(socket);
  await once(socket, 'close');
  t.strictSame(reported, ['timeout ERR_TLS_HANDSHAKE_TIMEOUT']);
});
