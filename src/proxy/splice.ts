// How do two sockets become one, and how is that ended from outside?

import type { Duplex } from 'node:stream';
import { createDeadline } from './deadline.ts';
import { CLOSE_POLICY_VIOLATION, createFrameTracker } from './websocket-frames.ts';

/** How long a client may take for the Close frame of an abort. Rule 4 of the design: all is over within a second. */
const CLOSE_GRACE_MS = 500;

/**
 * Joins a WebSocket client and its upstream, with back-pressure, until both sides have ended, either one breaks, or
 * nothing passes for `idleMs`. `over` is told once. Returns what ends it at once.
 */
export function splice(client: Duplex, upstream: Duplex, idleMs: number, over: () => void): () => void {
  const deadline = createDeadline();
  const frames = createFrameTracker();
  let aborted = false;

  upstream.on('data', (bytes: Uint8Array) => {
    frames.push(bytes);
    deadline.refresh();
  });
  client.on('data', () => deadline.refresh());
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    one.on('error', () => {});
    one.once('close', () => {
      if (!aborted) endAfter(one, other);
    });
    one.pipe(other);
  }
  client.once('close', () => {
    deadline.stop();
    over();
  });
  deadline.start(idleMs, () => {
    upstream.destroy();
    client.destroy();
  });

  return () => {
    if (aborted) return;
    aborted = true;
    upstream.unpipe(client);
    upstream.destroy();
    // What was passed on may end in the middle of a frame, and a client that does not read would not get ours either.
    if (!frames.atBoundary || client.writableLength > 0 || !client.writable) {
      client.destroy();
      return;
    }
    deadline.start(CLOSE_GRACE_MS, () => client.destroy());
    client.end(CLOSE_POLICY_VIOLATION, () => client.destroy());
  };
}

/** One side is gone. If it ended properly, the other still gets what is on its way to it. */
function endAfter(gone: Duplex, other: Duplex): void {
  if (!gone.readableEnded || other.writableFinished) other.destroy();
  else other.once('finish', () => other.destroy());
}
