// What does a client see of an upstream that speaks broken HTTP, and does the next request fare well?

import net from 'node:net';
import t from 'tap';
import type { Exchange } from '../../../src/model/exchange.ts';
import { answerRaw, ask, connectRaw, startFront, startRawUpstream, until } from './rig.ts';

const GOOD = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Refused with `upstream-failed` and the check: nothing of them may reach the client. */
const REFUSED: Readonly<Record<string, readonly [answer: string, check: string]>> = {
  'two lengths': ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok', 'answer-malformed'],
  'length and chunks': [
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    'answer-malformed',
  ],
  'a length that is none': ['HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok', 'answer-malformed'],
  garbage: ['this is no HTTP at all\r\n\r\n', 'answer-malformed'],
  'another protocol': ['SSH-2.0-OpenSSH_9.6\r\n', 'answer-malformed'],
  'a bare line feed': ['HTTP/1.1 200 OK\nContent-Length: 2\n\nok', 'answer-malformed'],
  'a bare carriage return': ['HTTP/1.1 200 OK\r\nX: a\rContent-Length: 2\r\n\r\nok', 'answer-malformed'],
  'a NUL in a field': ['HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nok', 'answer-malformed'],
  'a control byte in a field': ['HTTP/1.1 200 OK\r\nX: a\x01b\r\nContent-Length: 2\r\n\r\nok', 'answer-malformed'],
  'a transfer coding nobody asked for': [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    'transfer-coding',
  ],
  'a transfer coding up to the end': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok', 'transfer-coding'],
  'status 600 and half a body': ['HTTP/1.1 600 Odd\r\nContent-Length: 9\r\n\r\nhalf', 'answer-status'],
  'a space before a colon': ['HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok', 'answer-malformed'],
  'a head of 20 KB': [`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 'answer-malformed'],
  'status 999': ['HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n', 'answer-status'],
  'status 600': ['HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n', 'answer-status'],
  'an unasked upgrade': [
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    'answer-status',
  ],
  'an upgrade to nothing': ['HTTP/1.1 101 Switching Protocols\r\n\r\n', 'answer-status'],
};

for (const [name, [answer, check]] of Object.entries(REFUSED)) {
  t.test(`${name}: refused, and the next request is fine`, async (t) => {
    const said = [GOOD, answer, GOOD];
    const { url } = await answerRaw(t, () => said.shift());
    const { port } = await startFront(t, { url });
    t.equal((await ask(port, '/')).body.toString(), 'ok');
    const refused = await ask(port, '/', { method: 'POST' });
    t.equal(refused.refusal, 'upstream-failed');
    t.equal(refused.check, check);
    t.equal((await ask(port, '/')).body.toString(), 'ok');
  });
}

const HANGING_UP: Readonly<Record<string, string>> = {
  'nothing at all': '',
  'half a head': 'HTTP/1.1 200 OK\r\nContent-Le',
};

for (const [name, said] of Object.entries(HANGING_UP)) {
  for (const way of ['end', 'reset'] as const) {
    t.test(`${name}, then ${way}: refused`, async (t) => {
      let good = true;
      const { url } = await startRawUpstream(t, (socket) => {
        socket.on('data', () => {
          if (good) socket.write(GOOD);
          else if (way === 'end') socket.end(said);
          else socket.write(said, () => socket.resetAndDestroy());
        });
      });
      const { port } = await startFront(t, { url });
      t.equal((await ask(port, '/')).status, 200);
      good = false;
      const refused = await ask(port, '/', { method: 'POST', body: 'x' });
      t.equal(refused.refusal, 'upstream-failed');
      t.equal(refused.check, 'connection-broken');
    });
  }
}

/** The client has seen the head: its connection breaks, and never ends as if all were there. */
const BROKEN_OFF: Readonly<Record<string, string>> = {
  'a length cut short': 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf',
  'chunks cut short': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  'a chunk cut short': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf',
  'a trailer with a control byte':
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\nX-Sum: a\x01b\r\n\r\n',
  'a broken chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n',
};

for (const [name, answer] of Object.entries(BROKEN_OFF)) {
  t.test(`${name}: the client's connection breaks`, async (t) => {
    let good = false;
    const { url } = await startRawUpstream(t, (socket) => {
      socket.on('data', () => {
        if (good) socket.write(GOOD);
        else socket.end(answer);
      });
    });
    const { port, outcomes } = await startFront(t, { url });
    const client = await connectRaw(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => client.closed());
    t.match(client.text(), /^HTTP\/1\.1 200 OK\r\n.*half/s);
    t.notMatch(client.text(), /0\r\n\r\n$/);
    t.same(outcomes, [undefined]);
    good = true;
    t.equal((await ask(port, '/')).body.toString(), 'ok');
  });
}

t.test('a second answer that nobody asked for never answers the next request', async (t) => {
  for (const late of [false, true]) {
    const { url, connections } = await startRawUpstream(t, (socket, index) => {
      socket.on('data', () => {
        if (index > 0) socket.write(GOOD);
        else socket.write(late ? GOOD : `${GOOD}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`);
      });
    });
    const { port } = await startFront(t, { url });
    t.equal((await ask(port, '/')).body.toString(), 'ok');
    if (late) connections[0]?.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
    await until(() => connections[0]?.destroyed === true || connections[0]?.readableEnded === true);
    t.equal((await ask(port, '/')).body.toString(), 'ok');
    t.equal(connections.length, 2);
  }
});

t.test('more than the length said is not passed on', async (t) => {
  const { url } = await answerRaw(t, () => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more');
  const { port } = await startFront(t, { url });
  for (let i = 0; i < 3; i++) t.equal((await ask(port, '/')).body.toString(), 'ok');
});

t.test('an upstream that is not there is unreachable', async (t) => {
  const { url } = await answerRaw(t, () => GOOD);
  t.equal((await ask((await startFront(t, { url })).port, '/')).status, 200);
  const server = net.createServer().listen(0, '127.0.0.1');
  await until(() => server.listening);
  const { port: freePort } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  for (const gone of [`http://127.0.0.1:${freePort}`, 'http://nowhere.invalid']) {
    const { port, outcomes } = await startFront(t, { url: new URL(gone) });
    const refused = await ask(port, '/', { method: 'POST', body: 'x' });
    t.equal(refused.status, 502);
    t.equal(refused.refusal, 'upstream-unreachable');
    t.equal(refused.check, 'connect');
    t.match(outcomes[0]?.note, /ECONNREFUSED|ENOTFOUND|EAI_AGAIN/);
  }
});

t.test('503 is an answer like any other: passed on, once, without a wait', async (t) => {
  let hits = 0;
  const { url, connections } = await answerRaw(t, () => {
    hits++;
    return 'HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 2\r\n\r\nno';
  });
  const { port } = await startFront(t, { url, maxConnections: 2 });
  for (let i = 1; i <= 20; i++) {
    t.equal((await ask(port, '/')).status, 503);
    t.equal(hits, i);
  }
  t.equal(connections.length, 1);
});

t.test('an unknown upstream is a fault of ours', async (t) => {
  const { url } = await answerRaw(t, () => GOOD);
  const { proxy } = await startFront(t, { url });
  const exchange = { upstream: 'other' };
  const outcome = { settle() {}, fail() {} };
  t.throws(() => proxy.forward({ rawHeaders: [] } as never, {} as never, exchange as never, outcome), /no upstream/);
});

t.test('fields that cannot be written are a fault of ours, and refused', async (t) => {
  const { url } = await answerRaw(t, () => GOOD);
  let edit: Partial<Exchange> = { fields: ['Host', 'a'], identity: ['X', 'b'] };
  const { port } = await startFront(t, { url }, { edit: () => edit });
  t.equal((await ask(port, '/')).status, 200);
  for (edit of [
    { fields: ['Host', 'a', 'X', 'b\r\nc'] },
    { fields: ['Host', 'a', 'X\r\nY', 'b'] },
    { identity: ['X', 'b\nc: d'] },
    { upstreamPath: '/ HTTP/1.1' },
    { method: 'GET /' },
  ]) {
    const refused = await ask(port, '/');
    t.equal(refused.refusal, 'internal', JSON.stringify(edit));
    t.equal(refused.check, 'request');
  }
});
