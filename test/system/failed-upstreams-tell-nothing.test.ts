// When the service behind fails, the client learns that and nothing more: no address, no error of an engine. Its next
// request is answered as itself.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import type { ReasonCode } from '../../src/model/reasons.ts';
import { checkRefusal, open, send } from '../kit/client.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { startUpstream } from '../kit/upstream.ts';
import { UPGRADE_FIELDS } from '../kit/websocket.ts';
import { readAnswers } from '../kit/wire.ts';

const SITES = `
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }
`;

/** By path: what the service writes, and what the client gets. `undefined`: it writes nothing and hangs up. */
const ANSWERS: Readonly<Record<string, readonly [string | undefined, ReasonCode]>> = {
  '/hangs-up': [undefined, 'upstream-failed'],
  '/no-http': ['hello\r\n\r\n', 'upstream-failed'],
  '/other-protocol': ['SSH-2.0-OpenSSH_9.9\r\n', 'upstream-failed'],
  '/half-a-head': ['HTTP/1.1 200 OK\r\nX: ', 'upstream-failed'],
  '/two-lengths': ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhey', 'upstream-failed'],
  '/both-framings': [
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    'upstream-failed',
  ],
  '/bare-line-feed': ['HTTP/1.1 200 OK\nContent-Length: 2\n\nhi', 'upstream-failed'],
  '/line-feed-in-a-field': ['HTTP/1.1 200 OK\r\nX: a\nY: b\r\nContent-Length: 2\r\n\r\nhi', 'upstream-failed'],
  '/nul-in-a-field': ['HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nhi', 'upstream-failed'],
  '/long-head': [`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(200_000)}\r\nContent-Length: 2\r\n\r\nhi`, 'upstream-failed'],
  '/status-999': ['HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nhi', 'upstream-failed'],
  '/status-000': ['HTTP/1.1 000 Odd\r\nContent-Length: 2\r\n\r\nhi', 'upstream-failed'],
  '/switches-unasked': [
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhi',
    'upstream-failed',
  ],
};

/** A service that says by path what it says; everything else is answered as it should be. */
async function startBroken(t: Test): Promise<number> {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {});
    t.teardown(() => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      const [, path = ''] = /^[A-Z]+ (\S+)/.exec(chunk.toString('latin1')) ?? [];
      const row = ANSWERS[path];
      if (path === '/silent') return;
      if (row !== undefined) socket.end(row[0] ?? '', 'latin1');
      else if (path === '/unsolicited') socket.write(`${whole('/unsolicited')}${whole('/poison')}`);
      else socket.write(whole(path));
    });
  });
  server.listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const whole = (path: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`;

t.test('answers that are none', async (t) => {
  const gateway = await startTestGateway(t, { upstreamPort: await startBroken(t), yaml: SITES });
  const { port } = gateway;
  for (const [path, [, code]] of Object.entries(ANSWERS)) {
    t.equal((await send(t, { port, path: '/before' })).text, '/before');
    checkRefusal(t, await send(t, { port, path }), code);
    t.match(gateway.requests().at(-1), { path, code, status: 502 });
    t.equal((await send(t, { port, path: '/after' })).text, '/after', `after ${path}`);
  }
});

t.test('a second answer that nobody asked for', async (t) => {
  const { port } = await startTestGateway(t, { upstreamPort: await startBroken(t), yaml: SITES });
  for (let turn = 0; turn < 10; turn++) {
    t.equal((await send(t, { port, path: '/unsolicited' })).text, '/unsolicited');
    t.equal((await send(t, { port, path: `/next/${turn}` })).text, `/next/${turn}`, 'is not given to anybody');
  }
});

t.test('no answer in time', async (t) => {
  const upstreamOptions = 'timeouts: { answer: 100ms }';
  const { port } = await startTestGateway(t, { upstreamPort: await startBroken(t), yaml: SITES, upstreamOptions });
  t.equal((await send(t, { port, path: '/before' })).text, '/before');
  checkRefusal(t, await send(t, { port, path: '/silent' }), 'upstream-timeout');
});

t.test('nobody there', async (t) => {
  const upstreamPort = await findFreePort();
  const { port, lines } = await startTestGateway(t, { upstreamPort, yaml: SITES });
  checkRefusal(t, await send(t, { port }), 'upstream-unreachable');
  checkRefusal(t, await send(t, { port, method: 'POST', body: 'x'.repeat(100_000) }), 'upstream-unreachable');
  t.match(JSON.stringify(lines), 'ECONNREFUSED', 'the operator learns why');

  const socket = await open(t, { port });
  const answers = readAnswers(t, socket);
  socket.write(`GET /x HTTP/1.1\r\nHost: localhost\r\n${UPGRADE_FIELDS}\r\n`);
  t.match(await answers.next(), { status: 502, body: /upstream-unreachable/ }, 'a WebSocket handshake, too');
});

t.test('a service that stops and comes back', async (t) => {
  const first = await startUpstream(t);
  const gateway = await startTestGateway(t, { upstreamPort: first.port, yaml: SITES });
  const socket = await open(t, { port: gateway.port });
  const answers = readAnswers(t, socket);
  const ask = async (method: string) => {
    socket.write(`${method} /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`);
    return (await answers.next()).status;
  };
  for (const method of ['GET', 'POST']) t.equal(await ask(method), 200);
  const { server } = first;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  t.equal(await ask('GET'), 502);
  server.listen(first.port, '127.0.0.1');
  await once(server, 'listening');
  for (const method of ['GET', 'POST']) t.equal(await ask(method), 200);
});

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
