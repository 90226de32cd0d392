// Servers outside, as bad as a test wants them.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Test } from 'tap';
import { createOutbound } from '../../../src/revocation/outbound.ts';
import type { OutboundAnswer, OutboundRequest } from '../../../src/revocation/outbound-types.ts';

export interface RawServer {
  readonly port: number;
  /** Heads of requests as they came, oldest first. */
  readonly heads: readonly string[];
  /** Connections that are open now. */
  open(): number;
}

/** Listens until the test ends; `answer` is called with each head, and says what comes back byte for byte. */
export async function startRawServer(t: Test, answer: (socket: Socket, head: string) => void): Promise<RawServer> {
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = text.slice(0, end);
      text = '';
      heads.push(head);
      answer(socket, head);
    });
  });
  const port = await listen(t, server);
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
  });
  return { port, heads, open: () => sockets.size };
}

export async function listen(t: Test, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A GET with patience for a slow machine. */
export function get(url: string, rest: Partial<OutboundRequest> = {}): Promise<OutboundAnswer> {
  return createOutbound()({ url, method: 'GET', maxBytes: 1024, timeLimitMs: 10_000, ...rest });
}

/** Why it failed; the body where it did not. */
export function tell(answer: OutboundAnswer): string {
  return answer.ok ? `body: ${Buffer.from(answer.body).toString()}` : answer.why;
}
