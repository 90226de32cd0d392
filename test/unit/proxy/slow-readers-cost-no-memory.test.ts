// Does a side that does not read hold the other side back, and not fill the memory in between?

import type { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { connectRaw, startFront, startRawUpstream, until, untilStill } from './rig.ts';

const MIB = 1024 * 1024;
const TOTAL = 256 * MIB;
/** Buffers of the kernel and of four sockets of this process. */
const HELD_MOST = 32 * MIB;
const PART = Buffer.alloc(64 * 1024, 'x');

/** Writes `TOTAL` bytes as fast as they are taken; tells how many were. */
function pour(socket: Socket): () => number {
  let written = 0;
  const fill = () => {
    while (written < TOTAL) {
      written += PART.length;
      if (!socket.write(PART)) return;
    }
  };
  socket.on('drain', fill);
  fill();
  return () => written;
}

async function checkHeldBack(t: Test, written: () => number, before: number) {
  await untilStill(written);
  t.ok(written() < HELD_MOST, `only ${written() / MIB} MiB were taken`);
  const growth = process.memoryUsage.rss() - before;
  t.ok(growth < HELD_MOST, `memory grew by ${growth / MIB} MiB`);
}

async function readAll(socket: Socket, bytes: () => number, head: number) {
  socket.resume();
  await until(() => bytes() - head >= TOTAL);
}

function count(socket: Socket): () => number {
  let bytes = 0;
  socket.on('data', (part: Buffer) => {
    bytes += part.length;
  });
  socket.pause();
  return () => bytes;
}

t.test('a download to a client that does not read', async (t) => {
  let written = () => 0;
  const { url } = await startRawUpstream(t, (socket) => {
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${TOTAL}\r\n\r\n`);
      written = pour(socket);
    });
  });
  const { port } = await startFront(t, { url });
  const client = await connectRaw(t, port);
  client.socket.removeAllListeners('data');
  const bytes = count(client.socket);
  const before = process.memoryUsage.rss();
  client.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => written() > 0);
  await checkHeldBack(t, written, before);
  await readAll(client.socket, bytes, 0);
});

t.test('an upload to an upstream that does not read', async (t) => {
  let bytes = () => 0;
  const { url, connections } = await startRawUpstream(t, (socket) => {
    bytes = count(socket);
  });
  const { port } = await startFront(t, { url });
  const client = await connectRaw(t, port);
  const before = process.memoryUsage.rss();
  client.socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${TOTAL}\r\n\r\n`);
  const written = pour(client.socket);
  await until(() => connections.length === 1);
  await checkHeldBack(t, written, before);
  const upstream = connections[0];
  if (upstream !== undefined) await readAll(upstream, bytes, 0);
});

const UPGRADE =
  'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
/** The answer to the key of RFC 6455 1.3. */
const SWITCH =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

t.test('a WebSocket, in both directions', async (t) => {
  for (const direction of ['down', 'up'] as const) {
    const { url, connections } = await startRawUpstream(t, (socket) => {
      socket.once('data', () => {
        socket.write(SWITCH);
        socket.pause();
      });
    });
    const { port } = await startFront(t, { url });
    const client = await connectRaw(t, port, UPGRADE);
    await client.heard(/101 Switching.*\r\n\r\n$/s);
    client.socket.removeAllListeners('data');
    const upstream = connections[0];
    if (upstream === undefined) throw new Error('no connection');
    const [from, to] = direction === 'down' ? [upstream, client.socket] : [client.socket, upstream];
    const bytes = count(to);
    const before = process.memoryUsage.rss();
    await checkHeldBack(t, pour(from), before);
    await readAll(to, bytes, 0);
    t.equal(bytes(), TOTAL, direction);
  }
});
