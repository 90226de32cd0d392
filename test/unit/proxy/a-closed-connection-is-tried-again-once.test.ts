// What happens when an upstream has closed the connection that a request goes out on?

import https from 'node:https';
import type { Socket } from 'node:net';
import t from 'tap';
import { makeRoot } from '../../kit/pki.ts';
import { ask, listen, startFront, startRawUpstream } from './rig.ts';

const GOOD = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Serves the first request of each connection, and meets the second with `rude`. Counts the requests it hears. */
async function startFickle(t: Parameters<typeof startRawUpstream>[0], rude: (socket: Socket) => void) {
  const heard: string[] = [];
  const upstream = await startRawUpstream(t, (socket) => {
    let served = 0;
    socket.on('data', (bytes) => {
      heard.push(bytes.toString('latin1').split(' ')[0] ?? '');
      if (served++ === 0) socket.write(GOOD);
      else rude(socket);
    });
  });
  return { heard, ...upstream };
}

t.test('idempotent requests without a body are sent once more, on a new connection', async (t) => {
  for (const rude of [(socket: Socket) => socket.resetAndDestroy(), (socket: Socket) => socket.end()]) {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
      const { url, heard, connections } = await startFickle(t, rude);
      const { port } = await startFront(t, { url });
      t.equal((await ask(port, '/')).status, 200);
      t.equal((await ask(port, '/', { method })).status, 200, method);
      t.same(heard, ['GET', method, method]);
      t.equal(connections.length, 2);
    }
  }
});

t.test('every request of a row of them fares well', async (t) => {
  const { url, heard } = await startFickle(t, (socket) => socket.resetAndDestroy());
  const { port } = await startFront(t, { url });
  for (let i = 0; i < 30; i++) t.equal((await ask(port, '/')).status, 200);
  t.equal(heard.length, 30 + 29);
});

t.test('other methods, and requests with a body, are never sent twice', async (t) => {
  for (const [method, body] of [
    ['POST', undefined],
    ['PATCH', undefined],
    ['PROPFIND', undefined],
    ['POST', 'x'],
    ['PUT', 'x'],
    ['GET', 'x'],
  ] as const) {
    const { url, heard } = await startFickle(t, (socket) => socket.resetAndDestroy());
    const { port } = await startFront(t, { url });
    t.equal((await ask(port, '/')).status, 200);
    const headers = body === undefined ? {} : { 'Content-Length': body.length };
    const refused = await ask(port, '/', { method, headers, ...(body === undefined ? {} : { body }) });
    t.equal(refused.refusal, 'upstream-failed', `${method} ${body}`);
    t.equal(refused.check, 'connection-broken');
    t.equal(heard.filter((name) => name === method).length, method === 'GET' ? 2 : 1);
  }
});

t.test('nothing is sent twice on a new connection', async (t) => {
  const heard: number[] = [];
  const { url } = await startRawUpstream(t, (socket, index) => {
    socket.on('data', () => {
      heard.push(index);
      socket.resetAndDestroy();
    });
  });
  const { port } = await startFront(t, { url });
  t.equal((await ask(port, '/')).refusal, 'upstream-failed');
  t.same(heard, [0]);
});

t.test('nothing is sent twice once a byte of an answer has come', async (t) => {
  const { url, heard } = await startFickle(t, (socket) => socket.end('H'));
  const { port } = await startFront(t, { url });
  t.equal((await ask(port, '/')).status, 200);
  t.equal((await ask(port, '/')).refusal, 'upstream-failed');
  t.equal(heard.length, 2);
});

t.test('the second try is the last', async (t) => {
  const { url, connections } = await startRawUpstream(t, (socket, index) => {
    socket.on('data', () => {
      if (index === 0 && socket.bytesWritten === 0) socket.write(GOOD);
      else socket.resetAndDestroy();
    });
  });
  const { port } = await startFront(t, { url });
  t.equal((await ask(port, '/')).status, 200);
  t.equal((await ask(port, '/')).refusal, 'upstream-failed');
  t.equal(connections.length, 2);
});

t.test('the same over TLS, where the end of a connection is a message of its own', async (t) => {
  const root = makeRoot();
  const { pem: cert, keyPem: key } = root.server();
  for (const way of ['end', 'destroy'] as const) {
    let requests = 0;
    const server = https.createServer({ cert, key }, (request, response) => {
      requests++;
      if (requests % 2 === 1) response.end('ok');
      else request.socket[way]();
    });
    const url = new URL(`https://127.0.0.1:${await listen(t, server)}`);
    const { port } = await startFront(t, { url, tls: { ca: [root.pem] } });
    t.equal((await ask(port, '/')).status, 200);
    t.equal((await ask(port, '/')).status, 200, way);
    t.equal(requests, 3);
  }
});

t.test('an unused connection is closed before the upstream would', async (t) => {
  let serving = 0;
  const { url, connections } = await startRawUpstream(t, (socket) => {
    socket.on('data', () => {
      serving++;
      socket.write(GOOD);
    });
    socket.on('end', () => socket.end());
  });
  const { port } = await startFront(t, { url, keepAliveMs: 20 });
  t.equal((await ask(port, '/')).status, 200);
  await new Promise((resolve) => connections[0]?.once('close', resolve));
  t.equal((await ask(port, '/')).status, 200);
  t.equal(serving, 2);
  t.equal(connections.length, 2);
});
