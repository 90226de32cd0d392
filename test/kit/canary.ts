// A server that nobody may ever connect to.

import { type AddressInfo, createServer } from 'node:net';
import type { Test } from 'tap';

export interface Canary {
  readonly port: number;
  /** Connections so far. */
  hits(): number;
}

/** Listens until the test ends, and fails it when anybody came. */
export async function startCanary(t: Test): Promise<Canary> {
  let hits = 0;
  const server = createServer((socket) => {
    hits++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    if (hits > 0) t.fail(`the canary was asked ${hits} times`);
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, hits: () => hits };
}
