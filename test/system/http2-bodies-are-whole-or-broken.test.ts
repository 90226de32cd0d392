// HTTP/2: an upload that was broken off never looks complete to the service, and an answer that was broken off never does to
// the client. What is slow on one side is slow on the other.

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import t, { type Test } from 'tap';
import { startTestGateway, type TestGateway } from '../kit/gateway.ts';
import { askStream, openHttp2 } from '../kit/http2.ts';
import {
  END_HEADERS,
  END_STREAM,
  ERROR,
  frame,
  headers,
  openRaw,
  POST,
  type RawSession,
  reset,
} from '../kit/http2-wire.ts';
import { until } from '../kit/until.ts';
import { startUpstream, type TestUpstream } from '../kit/upstream.ts';

interface Started {
  readonly gateway: TestGateway;
  readonly upstream: TestUpstream;
  readonly session: ClientHttp2Session;
  raw(): Promise<RawSession>;
}

async function start(
  t: Test,
  answer?: (request: IncomingMessage, response: ServerResponse) => void,
  yaml = '',
): Promise<Started> {
  const upstream = await startUpstream(t, answer && { answer });
  const gateway = await startTestGateway(t, {
    upstreamPort: upstream.port,
    listener: 'http2: true',
    yaml: `${yaml}\nsites: [{ hosts: [localhost], upstream: app, clientCertificate: ignore }]`,
  });
  const session = await openHttp2(t, { port: gateway.port });
  return { gateway, upstream, session, raw: () => openRaw(t, { port: gateway.port }) };
}

/** Uploads that end otherwise than they should, once their first bytes are with the service. */
const BREAKS: Readonly<Record<string, (session: RawSession) => void>> = {
  'reset as cancelled': (session) => session.send(reset(1, ERROR.cancel)),
  'reset without an error': (session) => session.send(reset(1, ERROR.none)),
  'reset with an error': (session) => session.send(reset(1, ERROR.internal)),
  'the connection breaks': (session) => session.socket.destroy(),
  'the connection ends': (session) => session.socket.end(),
  'GOAWAY, and the connection ends': (session) => {
    session.send(frame('GOAWAY', 0, 0, Buffer.alloc(8)));
    session.socket.end();
  },
  'trailers that do not end it': (session) => session.send(headers(1, [['x', 'y']], END_HEADERS)),
};

t.test('uploads broken off', async (t) => {
  for (const [name, breakOff] of Object.entries(BREAKS)) {
    for (const length of [undefined, '6']) {
      await t.test(`${name}, ${length === undefined ? 'length not told' : 'length told'}`, async (t) => {
        const { gateway, upstream, session, raw } = await start(t);
        t.match(await askStream(t, session, { method: 'POST', path: '/whole', body: 'abcdef' }), { status: 200 });
        let heard = 0;
        let broken = false;
        upstream.server.on('request', (request: IncomingMessage) => {
          request.on('data', (part: Buffer) => {
            heard += part.length;
          });
          request.on('error', () => {
            broken = true;
          });
        });
        const client = await raw();
        client.send(headers(1, [...POST, ...(length ? ([['content-length', length]] as const) : [])], END_HEADERS));
        client.send(frame('DATA', 0, 1, 'abc'));
        await until(() => heard === 3);
        breakOff(client);
        await until(() => broken);
        t.strictSame(
          upstream.received.map(({ url }) => url),
          ['/whole'],
        );
        await until(() => gateway.requests().length === 2);
        t.match(gateway.requests()[1], { status: 0, decision: 'allow' });
        t.match(await askStream(t, session, { path: '/after' }), { text: 'answered /after' });
      });
    }
  }
});

t.test('an upload that is longer than the limit', async (t) => {
  const { upstream, session } = await start(t, undefined, 'limits: { bodyBytes: 10B }');
  t.match(await askStream(t, session, { method: 'POST', body: 'x'.repeat(10) }), { status: 200 });
  const reply = await askStream(t, session, { method: 'POST', body: 'x'.repeat(11) });
  t.equal(reply.status, 413);
  t.match(JSON.parse(reply.text), { code: 'body-too-large' });
  t.equal(upstream.received.length, 1);
});

t.test('an upload that takes too long', async (t) => {
  const { gateway, upstream, raw } = await start(t, undefined, 'timeouts: { head: 1s, request: 1s }');
  const client = await raw();
  client.send(headers(1, POST, END_HEADERS), frame('DATA', 0, 1, 'abc'));
  await client.heard('RST_STREAM');
  await until(() => gateway.requests().length === 1);
  t.match(gateway.requests(), [{ code: 'request-timeout' }]);
  t.equal(upstream.received.length, 0);
});

t.test('trailers pass in both directions, but for those that may not', async (t) => {
  const { upstream, session } = await start(t, (_, response) => {
    response.writeHead(200, { trailer: 'x-sum' });
    response.write('body');
    response.addTrailers({ 'X-Sum': '1', 'X-Client-Verify': 'SUCCESS' });
    response.end();
  });
  const reply = await askStream(t, session, {
    method: 'POST',
    body: 'abc',
    trailers: { 'x-sum': ['1', '2'], 'x-client-verify': 'spoofed', host: 'secure.test' },
  });
  t.match(reply, { status: 200, text: 'body', resetCode: 0 });
  t.strictSame(Object.entries(reply.trailers ?? {}), [['x-sum', '1']]);
  t.strictSame(upstream.last().trailers, ['x-sum', '1', 'x-sum', '2']);
});

t.test('answers', async (t) => {
  const { session, upstream } = await start(t, (request, response) => {
    const status = Number(request.url?.slice(1));
    response.writeHead(status, {
      'x-twice': ['a', 'b'],
      'Set-Cookie': ['c=1', 'd=2'],
      Connection: 'x-hop',
      'X-Hop': '1',
      Date: 'today',
    });
    response.end(status === 200 ? 'x'.repeat(100_000) : undefined);
  });
  for (const status of [200, 201, 204, 205, 304, 404, 503]) {
    for (const method of ['GET', 'HEAD', 'POST']) {
      const reply = await askStream(t, session, {
        method,
        path: `/${status}`,
        ...(method === 'POST' && { body: 'abc' }),
      });
      t.match(reply, {
        status,
        resetCode: 0,
        headers: { 'x-twice': 'a, b', 'set-cookie': ['c=1', 'd=2'], date: 'today' },
      });
      t.equal(reply.headers['x-hop'], undefined);
      t.equal(reply.headers.connection, undefined);
      t.equal(reply.body.length, status === 200 && method !== 'HEAD' ? 100_000 : 0, `${method} ${status}`);
    }
  }
  t.equal(upstream.received.length, 21);
});

t.test('an answer that breaks', async (t) => {
  for (const head of [{}, { 'content-length': '10' }]) {
    const { session } = await start(t, (request, response) => {
      if (request.url === '/break') {
        response.writeHead(200, head).write('abc');
        setImmediate(() => response.destroy());
      } else response.end('whole');
    });
    const [broken, whole] = await Promise.all([
      askStream(t, session, { path: '/break' }),
      askStream(t, session, { path: '/other' }),
    ]);
    t.match(broken, { status: 200, resetCode: ERROR.internal });
    t.match(whole, { text: 'whole', resetCode: 0 });
  }
});

t.test('an early answer ends the upload', async (t) => {
  const { upstream, raw } = await start(t);
  upstream.server.removeAllListeners('request');
  upstream.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    request.on('error', () => {});
    response.end('enough');
  });
  const client = await raw();
  client.send(headers(1, POST, END_HEADERS), frame('DATA', 0, 1, 'abc'));
  const data = await client.heard('DATA', ({ payload }) => payload.length > 0);
  t.equal(data.payload.toString(), 'enough');
  await client.heard('DATA', ({ flags }) => (flags & END_STREAM) !== 0);
  t.equal((await client.heard('RST_STREAM')).payload.readUInt32BE(), ERROR.none);
});

t.test('100 Continue comes when it is asked for', async (t) => {
  const { session } = await start(t);
  const stream = session.request({ ':method': 'POST', ':path': '/x', expect: '100-continue' }, { endStream: false });
  await once(stream, 'continue');
  stream.end('abc');
  const [fields] = await once(stream, 'response');
  t.equal(fields[':status'], 200);
});

t.test('a slow reader keeps the service waiting', async (t) => {
  const part = Buffer.alloc(64 * 1024);
  const total = 400 * part.length;
  let written = 0;
  const { session } = await start(t, (_, response) => {
    const more = () => {
      while (written < total) {
        written += part.length;
        if (!response.write(part)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  const stream = session.request({ ':path': '/x' });
  await once(stream, 'response');
  let before = -1;
  await until(() => {
    const still = before === written;
    before = written;
    return still && written > 0;
  });
  t.ok(written < total / 2, `${written} bytes of ${total} are written`);
  let read = 0;
  stream.on('data', (bytes: Buffer) => {
    read += bytes.length;
  });
  await once(stream, 'end');
  t.equal(read, total);
});

t.test('a slow service keeps the client waiting', async (t) => {
  const { session, upstream } = await start(t);
  upstream.server.removeAllListeners('request');
  const waiting = once(upstream.server, 'request');
  const stream = session.request({ ':method': 'POST', ':path': '/x' });
  const part = Buffer.alloc(64 * 1024);
  const total = 400 * part.length;
  let taken = 0;
  const write = (): void => {
    if (taken >= total) return void stream.end();
    stream.write(part, () => {
      taken += part.length;
      write();
    });
  };
  write();
  const [request, response] = (await waiting) as [IncomingMessage, ServerResponse];
  let before = -1;
  await until(() => {
    const still = before === taken;
    before = taken;
    return still && taken > 0;
  });
  t.ok(taken < total / 2, `${taken} bytes of ${total} are taken`);
  let read = 0;
  for await (const bytes of request) read += (bytes as Buffer).length;
  response.end('done');
  await once(stream, 'response');
  t.equal(read, total);
  stream.close();
});
