// Which connections are in their handshake, and which of them takes too long?

import type { Socket } from 'node:net';
import type { Guest } from '../limits/guests.ts';
import type { SecureContexts } from './secure-contexts.ts';

export interface Handshake {
  /** The raw one. */
  readonly socket: Socket;
  /** undefined until the hello is read. */
  begun: BegunHandshake | undefined;
}

export interface BegunHandshake {
  /** From the hello; undefined when there is none in it. */
  readonly serverName: string | undefined;
  /** In force when the hello came. */
  readonly contexts: SecureContexts;
  readonly guest: Guest;
  /** What has come since: the raw socket counts it, and the TLS socket made of it does not. */
  readonly bytesBehindHello: () => number;
}

export type HandshakeFailure = 'failed' | 'timeout';

export interface Handshakes {
  /** Counts its time from now on. undefined: it cannot be told from another one that is open. */
  add(socket: Socket): Handshake | undefined;
  /** Ends the handshake that a TLS socket was made in; undefined when it is over already. */
  complete(socket: Socket): BegunHandshake | undefined;
  /** Ends it without success, by either socket, and reports that once. */
  fail(socket: Socket, code: string | undefined): void;
  /** Resolves when none is open, if no further ones begin. */
  over(): Promise<void>;
  /** Breaks off all of them. */
  breakOff(): void;
}

/** Told of a handshake that has failed, and why. */
export type Report = (handshake: Handshake, failure: HandshakeFailure, code: string | undefined) => void;

/** Both end with the handshake: an open connection keeps nothing of it. */
interface Entry {
  readonly handshake: Handshake;
  readonly timer: NodeJS.Timeout;
  readonly closed: () => void;
}

export function createHandshakes(timeoutMs: number, report: Report): Handshakes {
  /** By both ends of the connection: all that links a raw socket to the TLS socket made of it. */
  const open = new Map<string, Entry>();

  /** Waits for the last of them to end. */
  let last: (() => void) | undefined;

  function end(ends: string): Handshake | undefined {
    const found = open.get(ends);
    if (found === undefined) return undefined;
    clearTimeout(found.timer);
    open.delete(ends);
    found.handshake.socket.off('close', found.closed);
    if (open.size === 0) last?.();
    return found.handshake;
  }

  return {
    add(socket) {
      const ends = endsOf(socket);
      if (open.has(ends)) return undefined;
      const handshake: Handshake = { socket, begun: undefined };
      // One limit from the first moment to the last, whatever the client does meanwhile; Node's own begins behind the hello.
      const timer = setTimeout(() => {
        if (end(ends) === undefined) return;
        report(handshake, 'timeout', 'ERR_TLS_HANDSHAKE_TIMEOUT');
        socket.destroy();
      }, timeoutMs);
      const closed = () => {
        // Another listener of the same event may have ended it.
        if (end(ends) !== undefined) report(handshake, 'failed', 'ECONNRESET');
      };
      open.set(ends, { handshake, timer, closed });
      socket.on('close', closed);
      return handshake;
    },
    complete: (socket) => end(endsOf(socket))?.begun,
    fail(socket, code) {
      const handshake = end(endsOf(socket));
      if (handshake !== undefined) report(handshake, 'failed', code);
    },
    over() {
      return new Promise((resolve) => {
        if (open.size === 0) resolve();
        else last = resolve;
      });
    },
    breakOff() {
      for (const { handshake } of open.values()) handshake.socket.destroy();
    },
  };
}

function endsOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
}
