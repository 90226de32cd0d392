// Connections of attackers, to this machine and nowhere else.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectSecurely, type TLSSocket } from 'node:tls';

export interface Target {
  readonly port: number;
}

/** A limit is noticed by a check once a second; the rest is for a slow machine. */
const PATIENCE_MS = 3000;
/** The good client has 127.0.0.1 to itself: an address has a limit of its own, which would hide the others. */
const FIRST_ADDRESS = 2;
/** Below `limits.perAddress.connections`. */
const PER_ADDRESS = 900;

/** Of the attacker's `index`th connection among those that are open. */
function addressOf(index: number): string {
  return `127.0.0.${FIRST_ADDRESS + Math.floor(index / PER_ADDRESS)}`;
}

/** A TCP connection, once it is made or refused. */
export async function openPlain({ port }: Target, index: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: addressOf(index) }).on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  return socket;
}

export interface Credentials {
  readonly cert: string;
  readonly key: string;
}

/** A connection whose handshake is over. Rejects when it is refused. */
export async function openSecure({ port }: Target, index: number, credentials?: Credentials): Promise<TLSSocket> {
  const options = { host: '127.0.0.1', port, localAddress: addressOf(index), servername: 'localhost', ...credentials };
  const socket = connectSecurely({ ...options, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  return socket.on('error', () => {});
}

/**
 * Waits until the other side has closed them all, and tells how long that took, in ms. Rejects when some are open after
 * `limitMs` and a little more.
 */
export async function untilClosed(sockets: readonly Socket[], limitMs: number): Promise<number> {
  const start = performance.now();
  const closed = Promise.all(sockets.map(untilGone));
  const isClosed = await Promise.race([closed, wait(limitMs + PATIENCE_MS, false, { ref: false })]);
  const open = sockets.filter((socket) => !socket.closed);
  for (const socket of open) socket.destroy();
  if (isClosed === false) throw new Error(`${open.length} of ${sockets.length} connections were not closed`);
  return performance.now() - start;
}

function untilGone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.resume().once('close', () => resolve());
  });
}

/** The status of the next answer; 0 when the connection is closed instead. */
export function nextStatus(socket: Socket): Promise<number> {
  return new Promise((resolve) => {
    const onClose = () => resolve(0);
    socket.once('close', onClose);
    socket.once('data', (bytes: Buffer) => {
      socket.off('close', onClose);
      resolve(Number(bytes.subarray(9, 12).toString('latin1')));
    });
  });
}

/** Does the work for 0 .. count-1, at most so many at a time. */
export async function inParallel<T>(count: number, atATime: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const one = async () => {
    while (next < count) {
      const index = next++;
      results[index] = await work(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, atATime) }, one));
  return results;
}
