// Does a client see any difference between an answer that came to us as a whole and the same one in parts?

import type { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { connectRaw, startFront, startRawUpstream, until } from './rig.ts';

const DATE = /^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/m;

/** A service that says the first bytes of an answer, and the rest when it is told to. */
async function startSlow(t: Test, answer: string, first: number): Promise<{ port: number; rest: () => void }> {
  const waiting: Socket[] = [];
  const { url } = await startRawUpstream(t, (socket) => {
    socket.on('data', () => {
      waiting.push(socket);
      socket.write(answer.slice(0, first), 'latin1');
    });
  });
  const { port } = await startFront(t, { url });
  return { port, rest: () => waiting.shift()?.write(answer.slice(first), 'latin1') };
}

async function hear(t: Test, answer: string, request: string, inParts: boolean): Promise<string> {
  const { port, rest } = await startSlow(t, answer, inParts ? answer.length - 1 : answer.length);
  const client = await connectRaw(t, port, request);
  // What is left goes only when what was there has arrived.
  await client.heard(/first/);
  if (inParts) rest();
  return client.heard(/first.*last$/s);
}

const REQUESTS = {
  'by HTTP/1.1': 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'the last one': 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  'by HTTP/1.0': 'GET / HTTP/1.0\r\nHost: a\r\n\r\n',
  'by HTTP/1.0, to be kept': 'GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n',
};

const FIELDS = {
  'without a date': 'X-a: 1\r\nSet-Cookie: a=1\r\nx-A: \xe9\r\nSet-Cookie: b=2\r\n',
  'with a date of its own': 'DATE: Sun, 22 Nov 2026 18:00:00 GMT\r\nContent-Type: text/plain\r\n',
  'of an event stream':
    'Content-Type: text/event-stream\r\nConnection: close, X-Own\r\nX-Own: 1\r\nKeep-Alive: timeout=9\r\n',
};

for (const [what, request] of Object.entries(REQUESTS)) {
  for (const [kind, fields] of Object.entries(FIELDS)) {
    t.test(`${what}, ${kind}`, async (t) => {
      const answer = `HTTP/1.1 299 Fine, th\xe9n\r\n${fields}Content-Length: 10\r\n\r\nfirst\nlast`;
      const whole = await hear(t, answer, request, false);
      const parts = await hear(t, answer, request, true);
      t.equal(whole.replace(DATE, 'Date: D'), parts.replace(DATE, 'Date: D'));
      t.match(whole, kind === 'with a date of its own' ? /^DATE: /m : DATE);
    });
  }
}

function say(socket: Socket | undefined, index: number): void {
  socket?.write(`HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbody${index}`);
}

t.test('answers keep the order of their requests', async (t) => {
  const sockets: Socket[] = [];
  const { url } = await startRawUpstream(t, (socket) => {
    socket.on('data', () => {
      if (sockets.push(socket) < 4) return;
      // The last one is answered first.
      for (const index of [3, 2, 1, 0]) say(sockets[index], index);
    });
  });
  const { port } = await startFront(t, { url });
  const client = await connectRaw(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(4));
  const text = await client.heard(/body3/);
  t.same(text.match(/body\d/g), ['body0', 'body1', 'body2', 'body3']);
  t.equal(text.match(/HTTP\/1\.1 200 OK\r\n/g)?.length, 4);
});

t.test('a client that has left gets none, and the next one its own', async (t) => {
  const sockets: Socket[] = [];
  const { url } = await startRawUpstream(t, (socket) => socket.on('data', () => sockets.push(socket)));
  const { port, outcomes } = await startFront(t, { url });
  const gone = await connectRaw(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const other = await connectRaw(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => sockets.length === 2);
  gone.socket.destroy();
  await until(() => outcomes.length === 1);
  for (const socket of sockets) say(socket, 7);
  t.match(await other.heard(/body7/), /^HTTP\/1\.1 200 OK\r\n/);
});
