// Does a WebSocket work through the proxy as if it were not there?

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import t, { type Test } from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { answerRaw, ask, connectRaw, startFront, startRawUpstream, startUpstream, until } from './rig.ts';

/** The key and the answer to it of RFC 6455 1.3. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const UPGRADE = `GET /ws?a=%zz HTTP/1.1\r\nHost: App.Example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-b: 1\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`;
const SWITCH = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`;

async function startEcho(t: Test) {
  const requests: IncomingMessage[] = [];
  const sockets: WebSocket[] = [];
  const { url, server } = await startUpstream(t, (_request, response) => response.end('plain'));
  const echo = new WebSocketServer({
    server: server as Server,
    perMessageDeflate: { threshold: 0 },
    handleProtocols: (offered) => (offered.has('b') ? 'b' : false),
  });
  echo.on('connection', (socket, request) => {
    requests.push(request);
    sockets.push(socket);
    socket.on('message', (data, isBinary) => {
      if (data.toString() === 'close') socket.close(4321, 'as asked');
      else socket.send(data, { binary: isBinary });
    });
  });
  t.teardown(() => echo.close());
  return { url, requests, sockets };
}

function open(t: Test, port: number, protocols: string[] = []): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, protocols);
  socket.on('error', () => {});
  t.teardown(() => socket.terminate());
  return socket;
}

function once<T>(socket: WebSocket, event: string): Promise<T[]> {
  return new Promise((resolve) => socket.once(event, (...values: T[]) => resolve(values)));
}

t.test('messages of every kind come back', async (t) => {
  const { url } = await startEcho(t);
  const { port, exchanges } = await startFront(t, { url });
  const socket = open(t, port, ['a', 'b']);
  await once(socket, 'open');
  t.equal(socket.protocol, 'b');
  t.match(socket.extensions, 'permessage-deflate');
  for (const [data, binary] of [
    [Buffer.from('text, ä'), false],
    [Buffer.from([0, 255, 254]), true],
    [Buffer.alloc(0), false],
    [Buffer.alloc(3 * 1024 * 1024, 7), true],
  ] as const) {
    const answer = once<Buffer | boolean>(socket, 'message');
    socket.send(data, { binary });
    const [back, isBinary] = await answer;
    t.equal(isBinary, binary);
    t.ok(data.equals(back as Buffer));
  }
  const answer = once<Buffer>(socket, 'message');
  socket.send('in ', { fin: false });
  socket.ping();
  socket.send('two ', { fin: false });
  socket.send('parts', { fin: true });
  await once(socket, 'pong');
  t.equal(String((await answer)[0]), 'in two parts');
  t.equal(typeof exchanges[0]?.upstreamMs, 'number');
});

t.test('close codes pass in both directions', async (t) => {
  const { url, sockets } = await startEcho(t);
  const { port, outcomes } = await startFront(t, { url });
  const first = open(t, port);
  await once(first, 'open');
  const closed = once<number | Buffer>(first, 'close');
  first.send('close');
  const [code, reason] = await closed;
  t.equal(code, 4321);
  t.equal(String(reason), 'as asked');
  const second = open(t, port);
  await once(second, 'open');
  const seen = once<number | Buffer>(sockets[1] as WebSocket, 'close');
  second.close(4000, 'enough');
  t.same((await seen).map(String), ['4000', 'enough']);
  await until(() => outcomes.length === 2);
  t.same(outcomes, [undefined, undefined]);
});

t.test('the upstream gets what the exchange says and the upgrade, once', async (t) => {
  const heads: string[] = [];
  const { url } = await answerRaw(t, (head) => {
    heads.push(head);
    return SWITCH;
  });
  const { port } = await startFront(t, { url });
  const client = await connectRaw(t, port, UPGRADE);
  await client.heard(/101 Switching/);
  t.equal(
    heads[0],
    `GET /ws?a=%zz HTTP/1.1\r\nHost: App.Example\r\nX-b: 1\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n` +
      'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
});

t.test('the client gets the fields of the answer, but for those of one connection or of identity', async (t) => {
  const { url } = await answerRaw(t, () =>
    SWITCH.replace(
      '\r\n\r\n',
      '\r\nX-a: 1\r\nKeep-Alive: timeout=5\r\nX-Client-Subject: a\r\nSet-Cookie: c=\xe9\r\n\r\n',
    ),
  );
  const { port } = await startFront(t, { url });
  const client = await connectRaw(t, port, UPGRADE);
  t.equal(
    await client.heard(/\r\n\r\n$/),
    `HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: ${ACCEPT}\r\nX-a: 1\r\nSet-Cookie: c=\xe9\r\n` +
      'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
});

t.test('bytes sent along with either head are not lost', async (t) => {
  let heard = '';
  const { url } = await startRawUpstream(t, (socket) => {
    socket.once('data', () => socket.write(`${SWITCH}first`));
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1');
    });
  });
  const { port } = await startFront(t, { url });
  const client = await connectRaw(t, port, `${UPGRADE}early`);
  await client.heard(/\r\n\r\nfirst$/);
  await until(() => heard.endsWith('\r\n\r\nearly'));
});

t.test('a half-closed side still gets what the other has to say', async (t) => {
  for (const first of ['client', 'upstream'] as const) {
    let heard = '';
    const { url, connections } = await startRawUpstream(t, (socket) => {
      socket.once('data', () => socket.write(SWITCH));
      socket.on('data', (bytes) => {
        heard += bytes.toString('latin1');
      });
    });
    const { port, outcomes } = await startFront(t, { url });
    const client = await connectRaw(t, port, UPGRADE);
    client.socket.allowHalfOpen = true;
    await client.heard(/101 Switching.*\r\n\r\n$/s);
    const upstream = connections[0];
    if (upstream === undefined) throw new Error('no connection');
    const [one, other] = first === 'client' ? [client.socket, upstream] : [upstream, client.socket];
    const ended = new Promise((resolve) => other.once('end', resolve));
    one.end('the last word');
    await ended;
    other.end('after that');
    await until(() => (first === 'client' ? client.text() : heard).endsWith('after that'));
    await until(() => outcomes.length === 1);
    t.equal(outcomes[0], undefined, first);
  }
});

t.test('an upstream that declines: its answer reaches the client, which was never accepted', async (t) => {
  const { url } = await startUpstream(t, (_request, response) => response.end());
  const { server, url: declining } = await startUpstream(t, () => {});
  server.on('upgrade', (_request, socket: Duplex) => {
    socket.end(
      'HTTP/1.1 403 Not you\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\nX-Client-Subject: a\r\n' +
        'WWW-Authenticate: Basic\r\n\r\n5\r\nsorry\r\n0\r\n\r\n',
    );
  });
  for (const [upstream, status] of [
    [declining, 403],
    [url, 200],
  ] as const) {
    const { port, outcomes } = await startFront(t, { url: upstream });
    const socket = open(t, port);
    const [, answer] = await once<IncomingMessage>(socket, 'unexpected-response');
    t.equal(answer?.statusCode, status);
    if (status === 403) {
      t.equal(answer?.statusMessage, 'Not you');
      t.equal(answer?.headers['www-authenticate'], 'Basic');
      t.equal(answer?.headers['x-client-subject'], undefined);
      t.equal(String(Buffer.concat((await answer?.toArray()) ?? [])), 'sorry');
    }
    t.equal(answer?.headers.connection, 'close');
    await until(() => outcomes.length === 1);
    t.equal(outcomes[0], undefined);
  }
});

t.test('a long answer that declines is held back by a client that does not read, and comes whole', async (t) => {
  const size = 8 * 1024 * 1024;
  const { url } = await startRawUpstream(t, (socket) => {
    socket.once('data', () => {
      socket.write(`HTTP/1.1 404 No\r\nContent-Length: ${size}\r\n\r\n`);
      socket.write(Buffer.alloc(size, 'x'));
    });
  });
  const { port } = await startFront(t, { url });
  const client = await connectRaw(t, port, UPGRADE);
  await until(() => client.closed());
  t.equal(client.text().length - client.text().indexOf('\r\n\r\n') - 4, size);
});

const REFUSED: Readonly<Record<string, readonly [answer: string, check: string]>> = {
  'another key': [SWITCH.replace(ACCEPT, 'AAAAAAAAAAAAAAAAAAAAAAAAAAA='), 'websocket-accept'],
  'no key': [SWITCH.replace(/Sec.*\r\n/, ''), 'websocket-accept'],
  'two keys': [SWITCH.replace('\r\n\r\n', `\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`), 'websocket-accept'],
  'another protocol': [SWITCH.replace('WebSocket\r\n', 'h2c\r\n'), 'websocket-accept'],
  'no protocol': [SWITCH.replace('Upgrade: WebSocket\r\n', ''), 'answer-status'],
  garbage: ['garbage\r\n\r\n', 'answer-malformed'],
  'status 999': ['HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n', 'answer-status'],
};

for (const [name, [answer, check]] of Object.entries(REFUSED)) {
  t.test(`an upgrade answered with ${name} is refused`, async (t) => {
    const said = [SWITCH, answer];
    const { url } = await answerRaw(t, () => said.shift());
    const { port } = await startFront(t, { url });
    await (await connectRaw(t, port, UPGRADE)).heard(/^HTTP\/1\.1 101/);
    const text = await (await connectRaw(t, port, UPGRADE)).heard(/x-check.*\r\n/);
    t.match(text, `HTTP/1.1 502 Refused\r\nx-refusal: upstream-failed\r\nx-check: ${check}\r\n`);
  });
}

t.test('waiting for an upgrade is bounded', async (t) => {
  let answer: string | undefined = SWITCH;
  const { url } = await answerRaw(t, () => answer);
  const { port } = await startFront(t, { url, answerTimeoutMs: 100, maxConnections: 1 });
  const first = await connectRaw(t, port, UPGRADE);
  await first.heard(/101 Switching/);
  const second = await connectRaw(t, port, UPGRADE);
  t.match(await second.heard(/x-check.*\r\n/), /x-refusal: overloaded\r\nx-check: connections/);
  t.equal((await ask(port, '/')).refusal, 'overloaded', 'a WebSocket takes one of the connections');
  first.socket.destroy();
  answer = undefined;
  const third = await connectRaw(t, port, UPGRADE);
  t.match(await third.heard(/x-check.*\r\n/), /x-refusal: upstream-timeout\r\nx-check: answer/);
});

t.test('a WebSocket on which nothing passes is ended, one that is used is not', async (t) => {
  const { url } = await startEcho(t);
  const { port, outcomes } = await startFront(t, { url, idleTimeoutMs: 300 });
  const silent = open(t, port);
  const busy = open(t, port);
  await Promise.all([once(silent, 'open'), once(busy, 'open')]);
  const timer = setInterval(() => busy.ping(), 20);
  t.teardown(() => clearInterval(timer));
  await once(silent, 'close');
  t.equal(busy.readyState, WebSocket.OPEN);
  await until(() => outcomes.length === 1);
});

t.test('an end on one side ends the other', async (t) => {
  const { url, sockets } = await startEcho(t);
  const { port, outcomes } = await startFront(t, { url });
  const first = open(t, port);
  await once(first, 'open');
  const gone = once(sockets[0] as WebSocket, 'close');
  first.terminate();
  await gone;
  const second = open(t, port);
  await once(second, 'open');
  const closed = once<number>(second, 'close');
  sockets[1]?.terminate();
  t.equal((await closed)[0], 1006);
  await until(() => outcomes.length === 2);
});

t.test('a client that leaves before the answer ends the upgrade', async (t) => {
  const { url, connections } = await startRawUpstream(t, (socket) => socket.resume());
  const { port, outcomes } = await startFront(t, { url });
  const client = await connectRaw(t, port, UPGRADE);
  await until(() => (connections[0]?.bytesRead ?? 0) > 0);
  const ended = new Promise((resolve) => connections[0]?.once('end', resolve).once('close', resolve));
  client.socket.destroy();
  await ended;
  await until(() => outcomes.length === 1);
  t.equal(outcomes[0], undefined);
});

t.test('abort tells the client 1008 between two frames', async (t) => {
  const { url, sockets } = await startEcho(t);
  const { port, exchanges, outcomes } = await startFront(t, { url });
  const socket = open(t, port);
  await once(socket, 'open');
  const echoed = once(socket, 'message');
  socket.send('hello');
  await echoed;
  const gone = once(sockets[0] as WebSocket, 'close');
  const closed = once<number>(socket, 'close');
  exchanges[0]?.abort?.();
  exchanges[0]?.abort?.();
  t.equal((await closed)[0], 1008);
  await gone;
  await until(() => outcomes.length === 1);
});

t.test('abort in the middle of a frame, or before the answer, just ends', async (t) => {
  for (const answer of [`${SWITCH}\x82\x05ab`, undefined]) {
    const { url, connections } = await answerRaw(t, () => answer);
    const { port, exchanges, outcomes } = await startFront(t, { url });
    const client = await connectRaw(t, port, UPGRADE);
    if (answer === undefined) await until(() => (connections[0]?.bytesRead ?? 0) > 0);
    else await client.heard(/ab$/);
    exchanges[0]?.abort?.();
    await until(() => client.closed() && outcomes.length === 1);
    t.notMatch(client.text(), '\x88');
    t.equal(outcomes[0], undefined);
  }
});
