// Reads the hello of a TCP connection, and puts it back for whoever makes the handshake.

import type { Socket } from 'node:net';
import { createHelloReader, type HelloOutcome } from './hello-reader.ts';

/**
 * Told once, unless the connection ends before; who calls has a time limit on it. Nothing is read any more from then on.
 * The socket never flows, so that nothing has to stop it again.
 */
export function readHello(socket: Socket, done: (outcome: HelloOutcome) => void): void {
  const reader = createHelloReader();
  const take = () => {
    const chunk: Buffer | null = socket.read();
    const outcome = chunk === null ? undefined : reader.take(chunk);
    if (outcome === undefined) return;
    socket.off('readable', take);
    if (outcome.kind === 'hello') socket.unshift(reader.bytes);
    done(outcome);
  };
  socket.on('readable', take);
}
