// SIGTERM: no new connections, requests in flight are answered, the rest is broken off when the time to drain is over.

import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import t, { type Test } from 'tap';
import { open, readAll, readUntil, send, tlsOptions } from '../kit/client.ts';
import { type GatewayProcess, startGatewayProcess } from '../kit/process.ts';
import { startUpstream } from '../kit/upstream.ts';

const SITES = `
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }
`;

/** A gateway process whose upstream answers `/held` when it is told to. */
async function start(t: Test, drain: string, yaml = '') {
  const held: ServerResponse[] = [];
  const upgraded: Socket[] = [];
  const arrived = Promise.withResolvers<void>();
  const upstream = await startUpstream(t, {
    answer(request, response) {
      if (request.url === '/held') {
        held.push(response);
        arrived.resolve();
      } else {
        response.end(`answered ${request.url}`);
      }
    },
    onUpgrade(_, socket) {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n');
      socket.write('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n');
      upgraded.push(socket);
    },
  });
  const gateway = await startGatewayProcess(t, {
    upstreamPort: upstream.port,
    yaml: `${SITES}timeouts: { drain: ${drain} }\n${yaml}`,
  });
  return { gateway, upstream, held, upgraded, arrived: arrived.promise };
}

const GET = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const isRefused = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(false));
    socket.on('error', () => resolve(true));
    socket.once('close', () => socket.destroy());
  });

async function checkEnd(t: Test, gateway: GatewayProcess): Promise<void> {
  const { code, signal, stderr } = await gateway.ended;
  t.equal(code, 0, 'exit code');
  t.equal(signal, null);
  t.equal(stderr, '');
  t.ok(gateway.lines().some(({ msg }) => msg === 'stopped'));
}

/** The time to drain is so long that the test could only time out, if it were waited for. */
t.test('with nothing in flight it stops at once', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { gateway } = await start(t, '1h');
    const { port } = gateway;
    t.equal((await send(t, { port, path: '/' })).status, 200);

    const idle = await open(t, { port });
    idle.write(GET('/'));
    await readUntil(idle, (text) => text.includes('answered /'));
    const unused = await open(t, { port });
    const silent = connect(port, '127.0.0.1');
    const halfOpen = connect(port, '127.0.0.1', () => halfOpen.write(Buffer.from([0x16, 3, 1])));
    for (const socket of [silent, halfOpen]) socket.on('error', () => {});
    const ends = [idle, unused, silent, halfOpen].map((socket) => new Promise((end) => socket.once('close', end)));
    await Promise.all([silent, halfOpen].map((socket) => new Promise((done) => socket.once('connect', done))));

    gateway.signal(signal);
    await Promise.all(ends);
    await checkEnd(t, gateway);
    t.equal((await gateway.lineWhere(({ msg }) => msg === 'stopping')).signal, signal);
  }
});

t.test('a request in flight is answered, and nothing new begins', async (t) => {
  const { gateway, held, arrived } = await start(t, '1h');
  const { port } = gateway;
  t.equal((await gateway.probe('/readyz')).status, 200);
  const client = await open(t, { port });
  const idle = await open(t, { port });
  idle.write(GET('/'));
  await readUntil(idle, (text) => text.includes('answered /'));
  client.write(GET('/held'));
  await arrived;

  const idleEnds = new Promise((end) => idle.once('close', end));
  gateway.signal('SIGTERM');
  // Orchestrators and terminals send a signal several times, to the whole group, or another one with it.
  for (const again of ['SIGTERM', 'SIGINT'] as const) gateway.signal(again);
  await gateway.lineWhere(({ msg }) => msg === 'stopping');
  await idleEnds;
  t.equal(await isRefused(port), true, 'no new connection');
  const readiness = await gateway.probe('/readyz');
  t.equal(readiness.status, 503);
  t.match(JSON.parse(readiness.text), { status: 'not ready', detail: /^stopping/ });
  t.equal((await gateway.probe('/healthz')).status, 200, 'it is still alive');

  gateway.signal('SIGHUP');
  await gateway.probe('/healthz');

  const body = 'x'.repeat(5 * 1024 * 1024);
  const answer = readAll(client);
  held[0]?.end(body);
  const text = await answer;
  t.match(text, /^HTTP\/1\.1 200 /);
  t.ok(text.endsWith(body), 'the whole answer came');
  await checkEnd(t, gateway);
  t.notOk(
    gateway.lines().some(({ msg }) => msg.includes('reload')),
    'nothing was reloaded',
  );
});

t.test('a second signal ends it at once', async (t) => {
  const { gateway, arrived } = await start(t, '1h');
  const client = await open(t, { port: gateway.port });
  client.write(GET('/held'));
  await arrived;
  gateway.signal('SIGTERM');
  await gateway.lineWhere(({ msg }) => msg === 'stopping');
  // It counts from a second on. None must come when the process is at its very end, where Node takes no signals any more.
  const again = setInterval(() => gateway.signal('SIGINT'), 500);
  const { signal } = await gateway.lineWhere(({ msg }) => msg.startsWith('told again to stop'));
  clearInterval(again);
  t.equal(signal, 'SIGINT');
  await checkEnd(t, gateway);
});

t.test('it goes on as before until balancers know', async (t) => {
  const { gateway, held, arrived } = await start(t, '1h', 'shutdown: { delay: 5s }\n');
  const { port } = gateway;
  const idle = await open(t, { port });
  gateway.signal('SIGTERM');
  await gateway.lineWhere(({ msg }) => msg === 'stopping');
  const readiness = await gateway.probe('/readyz');
  t.equal(readiness.status, 503);
  const client = await open(t, { port });
  client.write(GET('/held'));
  await arrived;
  idle.write(GET('/'));
  await readUntil(idle, (text) => text.includes('answered /'));
  const idleEnds = new Promise((end) => idle.once('close', end));
  await idleEnds;
  t.equal(await isRefused(port), true, 'then nothing new begins');
  const answer = readAll(client);
  held[0]?.end('at last');
  t.match(await answer, /^HTTP\/1\.1 200 .*at last$/s);
  await checkEnd(t, gateway);
});

t.test('who is in the handshake, or just through, is answered', async (t) => {
  const { gateway } = await start(t, '1h');
  const { port } = gateway;
  const late = connect(port, '127.0.0.1');
  await new Promise((resolve) => late.once('connect', resolve));
  const fresh = await open(t, { port });
  gateway.signal('SIGTERM');
  fresh.write(GET('/fresh'));
  const shaken = tlsConnect({ ...tlsOptions({ port }), socket: late });
  const answers = [fresh, shaken].map((socket) => readAll(socket));
  shaken.write(GET('/late'));
  const [first = '', second = ''] = await Promise.all(answers);
  t.match(first, /^HTTP\/1\.1 200 .*answered \/fresh$/s);
  t.match(second, /^HTTP\/1\.1 200 .*answered \/late$/s);
  await checkEnd(t, gateway);
});

t.test('an upload goes on', async (t) => {
  const { gateway, upstream } = await start(t, '1h');
  const client = await open(t, { port: gateway.port });
  client.write('POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhello');
  const before = upstream.bytes();
  await until(() => upstream.bytes() > before);
  gateway.signal('SIGTERM');
  await gateway.lineWhere(({ msg }) => msg === 'stopping');
  const answer = readAll(client);
  client.write('world');
  t.match(await answer, /^HTTP\/1\.1 200 .*answered \/upload$/s);
  t.equal(upstream.received.at(-1)?.body.toString(), 'helloworld');
  await checkEnd(t, gateway);
});

t.test('what does not end by itself is broken off when the time to drain is over', async (t) => {
  const { gateway, upgraded, arrived, upstream } = await start(t, '300ms');
  const { port } = gateway;
  const socket = await open(t, { port });
  socket.write(
    'GET /socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await readUntil(socket, (text) => text.includes(' 101 ') && text.endsWith('\r\n\r\n'));
  t.equal(upgraded.length, 1);
  const held = await open(t, { port });
  held.write(GET('/held'));
  await arrived;
  const upload = await open(t, { port });
  const before = upstream.bytes();
  upload.write('POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhello');
  await until(() => upstream.bytes() > before);
  const halfOpen = connect(port, '127.0.0.1', () => halfOpen.write(Buffer.from([0x16, 3, 1])));
  halfOpen.on('error', () => {});
  const ends = [socket, held, upload, halfOpen].map((each) => new Promise((end) => each.once('close', end)));

  gateway.signal('SIGTERM');
  await Promise.all(ends);
  await checkEnd(t, gateway);
  t.ok(gateway.lines().some(({ msg }) => msg.startsWith('the time to drain is over')));
  const logged = gateway.lines().filter(({ msg }) => msg === 'request');
  t.strictSame(logged.map(({ path }) => path).sort(), ['/held', '/socket', '/upload'], 'all have their line');
});

/** Turns of the event loop until it is so. */
async function until(isReached: () => boolean): Promise<void> {
  while (!isReached()) await new Promise((resolve) => setImmediate(resolve));
}
