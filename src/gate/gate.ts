// The gate: connections in, and through the door of what they speak; requests are judged there before anything else
// happens to them.

import type { TLSSocket } from 'node:tls';
import type { Guest } from '../limits/guests.ts';
import type { Evidence } from '../model/evidence.ts';
import { type AttendInput, createAttendant } from './attend.ts';
import { admit } from './front-door.ts';
import { createHttp1Door, type Http1DoorInput } from './http1-door.ts';
import { createHttp2Door, type Http2DoorInput } from './http2/door.ts';
import type { OpenCounts } from './open-exchanges.ts';

export type GateInput = AttendInput & Http1DoorInput & Http2DoorInput;

export interface Gate {
  /** Takes a connection whose handshake is over. */
  accept(socket: TLSSocket, evidence: Evidence, guest: Guest): void;
  /** Closes connections that wait for a further request, oldest first, at most so many of each version; tells how many. */
  closeOldest(most: number): number;
  /** Exchanges that are open now. */
  count(): OpenCounts;
  /** Judges all open exchanges again that may have changed; to be called after every reload. */
  rejudge(): Promise<void>;
  /** No further requests on open connections; resolves when the last of them is closed. */
  drain(): Promise<void>;
  /** Breaks off what is left. */
  close(): void;
}

/** How often open streams are held against the clock: well within the second that design rule 4 grants. */
const TURN_MS = 250;

export function createGate(input: GateInput): Gate {
  const connections = new Set<TLSSocket>();
  const attendant = createAttendant(input);
  const http1 = createHttp1Door(input, attendant);
  const http2 = createHttp2Door(input, attendant);
  let drained: (() => void) | undefined;

  const turns = setInterval(() => {
    void attendant.rejudge();
    if (drained !== undefined) closeQuiet();
  }, TURN_MS);
  turns.unref();

  function closeQuiet(): void {
    http1.closeQuiet();
    http2.closeQuiet();
    if (connections.size === 0) drained?.();
  }

  return {
    accept(socket, evidence, guest) {
      connections.add(socket);
      socket.on('close', () => {
        connections.delete(socket);
        if (connections.size === 0) drained?.();
      });
      void admit(evidence, input).then((admitted) => {
        // It may have left meanwhile; its end would never be heard again.
        if (socket.destroyed) return;
        if (admitted) (socket.alpnProtocol === 'h2' ? http2 : http1).take(socket, evidence, guest);
        else socket.destroy();
      });
    },
    closeOldest: (most) => http1.closeOldest(most) + http2.closeOldest(most),
    count: attendant.count,
    rejudge: attendant.rejudge,
    drain() {
      return new Promise((resolve) => {
        drained = resolve;
        http1.drain();
        http2.drain();
        closeQuiet();
      });
    },
    close() {
      clearInterval(turns);
      for (const socket of connections) socket.destroy();
      http1.close();
      http2.close();
    },
  };
}
