// A cable that a test can pull: passes bytes on between a client and a server, late, not at all, or to another server.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Test } from 'tap';

export interface TcpProxy {
  readonly port: number;
  /** Where new connections lead. */
  target: number;
  /** How much later answers arrive, ms. */
  delayMs: number;
  /** What becomes of connections: passed on, refused (reset at once), or accepted and left without an answer. */
  mode: 'pass' | 'refuse' | 'hang';
  /** Breaks off every connection that is open. */
  cut(): void;
  /** How many connections were ever made. */
  readonly accepted: number;
}

export async function startTcpProxy(t: Test, target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  };
  let accepted = 0;
  const server = createServer((client) => {
    accepted++;
    keep(client);
    if (proxy.mode === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(proxy.target, '127.0.0.1');
    keep(upstream);
    client.on('data', (chunk) => {
      if (proxy.mode === 'pass') upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (proxy.mode !== 'pass') return;
      if (proxy.delayMs > 0) setTimeout(() => client.write(chunk), proxy.delayMs);
      else client.write(chunk);
    });
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    target,
    delayMs: 0,
    mode: 'pass',
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    get accepted() {
      return accepted;
    },
  };
  t.teardown(() => {
    proxy.cut();
    server.close();
  });
  return proxy;
}
