// Which waits end, and in which refusal?

import type { Socket } from 'node:net';
import t from 'tap';
import { answerRaw, ask, connectRaw, startFront, startRawUpstream, until } from './rig.ts';

const GOOD = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

t.test('an upstream that does not answer', async (t) => {
  let answer: string | undefined = GOOD;
  const { url } = await answerRaw(t, () => answer);
  const { port } = await startFront(t, { url, answerTimeoutMs: 100 });
  t.equal((await ask(port, '/')).status, 200);
  answer = undefined;
  const refused = await ask(port, '/');
  t.equal(refused.status, 504);
  t.equal(refused.refusal, 'upstream-timeout');
  t.equal(refused.check, 'answer');
  answer = 'HTTP/1.1 200 OK\r\nContent-Le';
  t.equal((await ask(port, '/')).refusal, 'upstream-timeout');
  answer = 'HTTP/1.1 103 Early Hints\r\n\r\n';
  t.equal((await ask(port, '/', { method: 'POST', body: 'x' })).refusal, 'upstream-timeout');
});

t.test('an upstream that cannot be connected to', async (t) => {
  // A TLS upstream that never says a word: the connection is not there until the handshake is over.
  const { url } = await startRawUpstream(t, () => {});
  const { port } = await startFront(t, {
    url: new URL(`https://${url.host}`),
    tls: { ca: 'system' },
    connectTimeoutMs: 100,
  });
  const refused = await ask(port, '/');
  t.equal(refused.refusal, 'upstream-unreachable');
  t.equal(refused.check, 'connect-timeout');
});

t.test('a body that stops coming from the upstream', async (t) => {
  for (const type of ['text/plain', 'text/event-streams']) {
    const head = `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: 9\r\n\r\n`;
    const { url } = await answerRaw(t, () => `${head}half`);
    const { port, outcomes } = await startFront(t, { url, idleTimeoutMs: 100 });
    const client = await connectRaw(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.heard(/half/);
    await until(() => client.closed());
    t.same(outcomes, [undefined]);
  }
});

t.test('an event stream may be silent', async (t) => {
  const { url, connections } = await answerRaw(
    t,
    () => 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\ndata: 1\n\n',
  );
  const { port } = await startFront(t, { url, idleTimeoutMs: 30 });
  const client = await connectRaw(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.heard(/data: 1/);
  // As long as other answers on the same terms are broken off.
  for (let i = 0; i < 3; i++) {
    const plain = await answerRaw(t, () => 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
    const front = await startFront(t, { url: plain.url, idleTimeoutMs: 60 });
    await t.rejects(ask(front.port, '/'));
  }
  connections[0]?.write('data: 2\n\n');
  await client.heard(/data: 2/);
});

t.test('a client whose body stops coming', async (t) => {
  const { url } = await startRawUpstream(t, (socket) => socket.resume());
  const { port } = await startFront(t, { url, idleTimeoutMs: 100 });
  const client = await connectRaw(t, port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf');
  const text = await client.heard(/x-check.*\r\n/);
  t.match(text, /408/);
  t.match(text, /x-refusal: request-timeout\r\nx-check: body-idle/);
});

t.test('an upstream that does not take the body', async (t) => {
  const { url } = await startRawUpstream(t, () => {});
  const { port } = await startFront(t, { url, idleTimeoutMs: 200 });
  const client = await connectRaw(t, port, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${2 ** 27}\r\n\r\n`);
  client.socket.write(Buffer.alloc(2 ** 27));
  t.match(await client.heard(/x-check.*\r\n/), /x-refusal: upstream-timeout\r\nx-check: body-idle/);
});

t.test('a slow body that keeps coming is not cut', async (t) => {
  const { url, connections } = await startRawUpstream(t, (socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n'));
  });
  const { port } = await startFront(t, { url, idleTimeoutMs: 1_000 });
  const client = await connectRaw(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.heard(/200 OK/);
  // For longer in all than any part of it may take.
  const begun = performance.now();
  for (let i = 1; performance.now() - begun < 1_500; i++) {
    connections[0]?.write('x');
    await client.heard(new RegExp(`\r\n\r\nx{${i}}$`));
  }
  t.equal(client.closed(), false);
});

t.test('more requests than connections wait; the line moves; who waits too long is refused', async (t) => {
  const waiting: Socket[] = [];
  let most = 0;
  const { url, connections } = await startRawUpstream(t, (socket) => {
    socket.on('data', () => {
      waiting.push(socket);
      most = Math.max(most, waiting.length);
    });
  });
  const { port, exchanges } = await startFront(t, { url, maxConnections: 2, answerTimeoutMs: 5_000 });
  const asked = Array.from({ length: 6 }, (_, i) => ask(port, `/${i}`));
  await until(() => exchanges.length === 6 && waiting.length === 2);
  for (let served = 0; served < 6; served++) {
    await until(() => waiting.length > 0);
    waiting.shift()?.write(GOOD);
  }
  for (const answer of await Promise.all(asked)) t.equal(answer.status, 200);
  t.equal(most, 2);
  t.equal(connections.length, 2);
});

t.test('who waits too long for a connection is refused', async (t) => {
  const { url } = await answerRaw(t, () => 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
  const { port } = await startFront(t, { url, maxConnections: 1, answerTimeoutMs: 100 });
  const first = await connectRaw(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await first.heard(/half/);
  const refused = await ask(port, '/');
  t.equal(refused.status, 503);
  t.equal(refused.refusal, 'overloaded');
  t.equal(refused.check, 'connections');
});
