// How evenly do the ways of sharing an address spread connections that stay? Two processes, a thousand connections, for
// each way: one after the other, and a hundred at a time.

import cluster from 'node:cluster';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const WORKERS = 2;
const CONNECTIONS = 1_000;
const WAYS = ['rr', 'none', 'reusePort'] as const;

type Way = (typeof WAYS)[number];

if (cluster.isPrimary && process.argv[2] === undefined) {
  // The policy is fixed with the first worker of a process: each way has a process of its own.
  const { spawnSync } = await import('node:child_process');
  for (const way of WAYS) spawnSync(process.execPath, [fileURLToPath(import.meta.url), way], { stdio: 'inherit' });
} else if (cluster.isPrimary) {
  await measure(process.argv[2] as Way);
} else {
  let open = 0;
  const server = createServer((socket) => {
    open++;
    socket.on('error', () => {}).once('close', () => open--);
    socket.resume().write('.');
  });
  process.on('message', (port: number | 'count') => {
    if (port === 'count') process.send?.(open);
    else server.listen({ port, host: '127.0.0.1', backlog: 4096, reusePort: process.env.WAY === 'reusePort' });
  });
  server.once('listening', () => process.send?.((server.address() as { port: number }).port));
  process.send?.('up');
}

async function measure(way: Way): Promise<void> {
  cluster.schedulingPolicy = way === 'rr' ? cluster.SCHED_RR : cluster.SCHED_NONE;
  const workers = Array.from({ length: WORKERS }, () => cluster.fork({ WAY: way }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const port = await findPort();
  for (const worker of workers) {
    const listening = once(worker, 'message');
    worker.send(port);
    await listening;
  }
  for (const atOnce of [1, 100]) {
    const sockets: Socket[] = [];
    while (sockets.length < CONNECTIONS) {
      const some = Array.from({ length: atOnce }, () => connect(port, '127.0.0.1'));
      await Promise.all(some.map((socket) => once(socket, 'data')));
      sockets.push(...some);
    }
    const counts: number[] = [];
    for (const worker of workers) {
      worker.send('count');
      counts.push(((await once(worker, 'message')) as [number])[0]);
    }
    process.stdout.write(`${way}, ${atOnce} at a time: ${counts.join(' and ')}\n`);
    for (const socket of sockets) socket.destroy();
    for (const worker of workers) await untilEmpty(worker);
  }
  for (const worker of workers) worker.kill();
  process.exit(0);
}

/** One for all: with 0 each socket of `reusePort` would have its own. */
async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await promisify(server.close.bind(server))();
  return port;
}

async function untilEmpty(worker: import('node:cluster').Worker): Promise<void> {
  do worker.send('count');
  while (((await once(worker, 'message')) as [number])[0] > 0);
}
