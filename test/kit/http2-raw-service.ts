// A service that speaks HTTP/2 by hand: any frames as an answer, sound or not.

import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Test } from 'tap';
import { ACK, type Frame, frame, takeFrame } from './http2-wire.ts';

/** Of a client's first bytes (RFC 9113 3.4). */
const PREFACE_BYTES = 24;

/** Gives the port. `answer`: what is sent behind the head of a request on that stream. Stops with the test. */
export async function startRawService(t: Test, answer: (stream: number) => Buffer): Promise<number> {
  const sockets = new Set<Socket>();
  const hear = (socket: Socket, { type, flags, stream }: Frame) => {
    if (type === 'SETTINGS' && flags !== ACK) socket.write(frame('SETTINGS', ACK, 0));
    if (type === 'HEADERS') socket.write(answer(stream));
  };
  const server = createServer((socket) => {
    let [rest, isNew] = [Buffer.alloc(0), true];
    sockets.add(socket);
    socket.on('error', () => {});
    socket.write(frame('SETTINGS', 0, 0));
    socket.on('data', (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes]);
      if (isNew && rest.length < PREFACE_BYTES) return;
      if (isNew) rest = rest.subarray(PREFACE_BYTES);
      isNew = false;
      for (let next = takeFrame(rest); next !== undefined; next = takeFrame(rest)) {
        rest = rest.subarray(9 + next.payload.length);
        hear(socket, next);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
