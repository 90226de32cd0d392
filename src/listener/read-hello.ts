// Reads the hello of a TCP connection, and puts it back for whoever makes the handshake.

import type { Socket } from 'node:net';
import { createHelloReader, type HelloOutcome } from './hello-reader.ts';

/** Told once, unless the connection ends before; who calls has a time limit on it. Nothing is read any more from then on. */
export function readHello(socket: Socket, done: (outcome: HelloOutcome) => void): void {
  const reader = createHelloReader();
  const take = (chunk: Buffer) => {
    const outcome = reader.take(chunk);
    if (outcome === undefined) return;
    socket.off('data', take);
    socket.pause();
    if (outcome.kind === 'hello') socket.unshift(reader.bytes);
    done(outcome);
  };
  socket.on('data', take);
}
