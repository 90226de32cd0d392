// Does the upstream get exactly what the exchange says?

import { type IncomingMessage, METHODS } from 'node:http';
import t, { type Test } from 'tap';
import type { Exchange } from '../../../src/model/exchange.ts';
import { answerRaw, ask, connectRaw, startFront, startRawUpstream, startUpstream, until } from './rig.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly raw: string[];
  readonly body: Buffer;
  readonly trailers: string[];
}

async function startRecorder(t: Test) {
  const seen: Seen[] = [];
  const upstream = await startUpstream(t, async (request: IncomingMessage, response) => {
    const body = Buffer.concat(await request.toArray());
    const { method = '', url = '', rawHeaders: raw, rawTrailers: trailers } = request;
    seen.push({ method, url, raw, body, trailers });
    response.end('ok');
  });
  return { seen, ...upstream };
}

t.test('bodies pass byte for byte whatever their content type says', async (t) => {
  const { seen, url } = await startRecorder(t);
  const { port } = await startFront(t, { url });
  const bytes = Buffer.from([0xff, 0xfe, 0x41, 0x80, 0x00, 0x7b]);
  for (const type of ['text/plain', 'application/json', 'foo', ';;', 'application/x-www-form-urlencoded', undefined]) {
    for (const chunked of [false, true]) {
      const headers = {
        ...(type === undefined ? {} : { 'Content-Type': type }),
        ...(chunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': bytes.length }),
      };
      const answer = await ask(port, '/', { method: 'POST', headers, body: bytes });
      t.equal(answer.status, 200, `${type} chunked ${chunked}`);
      const last = seen.at(-1);
      t.same(last?.body, bytes);
      t.equal(last?.raw.includes('Transfer-Encoding'), chunked);
      t.equal(last?.raw.includes('Content-Length'), !chunked);
      t.equal(last?.raw.includes('Content-Type'), type !== undefined);
    }
  }
});

t.test('a body of 3 MiB passes', async (t) => {
  const { seen, url } = await startRecorder(t);
  const { port } = await startFront(t, { url });
  const body = Buffer.alloc(3 * 1024 * 1024, 'abc');
  await ask(port, '/', { method: 'PUT', body, headers: { 'Content-Type': 'text/plain' } });
  t.ok(seen[0]?.body.equals(body));
});

t.test('every method passes, with and without a body', async (t) => {
  const heads: string[] = [];
  const { url } = await answerRaw(t, (head) => {
    heads.push(head);
    return 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
  });
  const { port } = await startFront(t, { url });
  for (const method of METHODS.filter((name) => name !== 'CONNECT' && name !== 'TRACE')) {
    const client = await connectRaw(t, port, `${method} /m HTTP/1.1\r\nHost: a\r\n\r\n`);
    await client.heard(/^HTTP\/1\.1 200 OK\r\n/);
    client.socket.destroy();
    t.equal(heads.pop(), `${method} /m HTTP/1.1\r\nHost: a\r\n\r\n`);
  }
});

t.test('every method passes with a body', async (t) => {
  const { seen, url } = await startRecorder(t);
  const { port } = await startFront(t, { url });
  for (const method of METHODS.filter((name) => name !== 'CONNECT' && name !== 'TRACE')) {
    const answer = await ask(port, '/', { method, body: 'x', headers: { 'Content-Length': '1' } });
    t.equal(answer.status, 200, method);
    t.equal(seen.at(-1)?.method, method);
    t.equal(seen.at(-1)?.body.toString(), 'x');
  }
});

t.test('a length of zero and no length both pass as they are', async (t) => {
  const heads: string[] = [];
  const { url } = await answerRaw(t, (head) => {
    heads.push(head);
    return 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
  });
  const { port } = await startFront(t, { url });
  const client = await connectRaw(t, port, 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
  await client.heard(/200 OK/);
  client.socket.write('POST /b HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => heads.length === 2);
  t.same(heads, ['POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n', 'POST /b HTTP/1.1\r\nHost: a\r\n\r\n']);
});

t.test('path and query pass byte for byte', async (t) => {
  const lines: string[] = [];
  const { url } = await answerRaw(t, (head) => {
    lines.push(head.split('\r\n')[0] ?? '');
    return 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
  });
  const { port } = await startFront(t, { url });
  const targets = [
    '/a"b<c>|d^e`{f}',
    '/x%2b%2B+',
    '/p?a=b?c&&+%zz',
    '/p?',
    '/p??',
    '/p?../../admin&#',
    '/.\\admin',
    '/./a/../b',
    '//double//slash',
    '/x#y',
    '/%61dmin/%2e%2e/x;y=1',
    `/${'long'.repeat(1000)}`,
    '/u0',
    '/u1/../u0',
    '/caf\u00e9',
    '*',
  ];
  for (const target of targets) {
    // What the gate lets pass is its affair: here the exchange says it, and the wire has to have it.
    const front = await startFront(t, { url }, { edit: () => ({ upstreamPath: target }) });
    const answer = await ask(front.port, '/');
    t.equal(answer.status, 200, target);
    t.equal(lines.pop(), `GET ${target} HTTP/1.1`);
  }
  t.equal((await ask(port, '/p?a=b?c&&+%zz')).status, 200);
  t.equal(lines.pop(), 'GET /p?a=b?c&&+%zz HTTP/1.1');
});

t.test('fields keep order, case, duplicates and bytes, and none is added', async (t) => {
  const heads: string[] = [];
  const { url } = await answerRaw(t, (head) => {
    heads.push(head);
    return 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
  });
  const { port } = await startFront(t, { url });
  const fields = [
    'HOST: App.Example:8443',
    'x-B: 2',
    'X-a: 1',
    'x-b: 3',
    'Cookie: a=1',
    'Cookie: b=2',
    'X-Raw: caf\xc3\xa9',
  ];
  for (let i = 0; i < 150; i++) fields.push(`X-Many: ${i}`);
  const head = `GET / HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`;
  const client = await connectRaw(t, port, Buffer.from(head, 'latin1'));
  await client.heard(/200 OK/);
  t.equal(heads[0], head);
});

t.test('more than 2000 fields pass, framing behind them included', async (t) => {
  const { seen, url } = await startRecorder(t);
  const { port } = await startFront(t, { url });
  const fields = Array.from({ length: 2500 }, () => 'a: b').join('\r\n');
  const client = await connectRaw(t, port, `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\nContent-Length: 3\r\n\r\nxyz`);
  await client.heard(/200 OK/);
  t.equal(seen[0]?.body.toString(), 'xyz');
});

t.test('bytes of a Content-Disposition behind a length are not touched', async (t) => {
  const heads: string[] = [];
  const { url } = await answerRaw(t, (head) => {
    heads.push(head);
    return 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
  });
  const { port } = await startFront(t, { url });
  const name = Buffer.from('日本\u010a', 'utf8').toString('latin1');
  const said = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Disposition: x; filename="${name}"\r\n\r\n\r\n\r\n`;
  const client = await connectRaw(t, port, Buffer.from(said, 'latin1'));
  await client.heard(/200 OK/);
  t.match(heads[0], `Content-Disposition: x; filename="${name}"\r\n`);
});

t.test('trailers of a chunked body pass, but for those that may not', async (t) => {
  const { seen, url } = await startRecorder(t);
  const { port } = await startFront(t, { url });
  await ask(port, '/', {
    method: 'POST',
    headers: { 'Transfer-Encoding': 'chunked', Trailer: 'X-Sum, X-Client-Subject' },
    body: 'abc',
    trailers: [
      ['X-Sum', '1'],
      ['X-Client-Subject', 'CN=admin'],
      ['Host', 'b'],
      ['X-sum', '2'],
    ],
  });
  t.same(seen[0]?.trailers, ['X-Sum', '1', 'X-sum', '2']);
  t.equal(seen[0]?.body.toString(), 'abc');
});

t.test('a broken trailer breaks the request on both sides', async (t) => {
  let heard = '';
  const { url, connections } = await startRawUpstream(t, (socket) =>
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1');
    }),
  );
  const { port } = await startFront(t, { url });
  const client = await connectRaw(t, port, 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  client.socket.write('4\r\nhalf\r\n0\r\nX-Sum: a\x01b\r\n\r\n');
  await until(() => client.closed() && connections[0]?.readableEnded === true);
  t.notMatch(heard, /0\r\n/);
});

t.test('a willingness to take trailers is passed on as one of this connection', async (t) => {
  const { seen, url } = await startRecorder(t);
  const edit = ({ fields }: Exchange) => ({ fields: [...fields, 'TE', 'trailers'] });
  const { port } = await startFront(t, { url }, { edit });
  for (let i = 0; i < 2; i++) t.equal((await ask(port, '/')).status, 200);
  t.same(seen[1]?.raw.slice(-4), ['TE', 'trailers', 'Connection', 'TE']);
});

t.test('the head of an upload goes out before its body is there', async (t) => {
  let heard = '';
  const { url } = await startRawUpstream(t, (socket) =>
    socket.on('data', (bytes) => (heard += bytes.toString('latin1'))),
  );
  const { port } = await startFront(t, { url });
  const client = await connectRaw(t, port, 'POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n');
  await until(() => heard.endsWith('\r\n\r\n'));
  client.socket.write('body');
  await until(() => heard.endsWith('\r\n\r\nbody'));
  t.match(heard, /^POST \/slow HTTP\/1\.1\r\n/);
});

t.test('requests use one connection again', async (t) => {
  const { url, server } = await startRecorder(t);
  let connections = 0;
  server.on('connection', () => connections++);
  const { port, exchanges } = await startFront(t, { url });
  for (let i = 0; i < 5; i++) t.equal((await ask(port, '/')).status, 200);
  t.equal(connections, 1);
  t.equal(typeof exchanges[0]?.upstreamMs, 'number');
});

t.test('a body of the largest size passes, one byte more is cut off', async (t) => {
  const { seen, url } = await startRecorder(t);
  const { port } = await startFront(t, { url }, { edit: () => ({ maxBodyBytes: 4 }) });
  for (const chunked of [false, true]) {
    const post = (body: string) =>
      ask(port, '/', {
        method: 'POST',
        body,
        headers: chunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': body.length },
      });
    t.equal((await post('1234')).status, 200);
    t.equal(seen.pop()?.body.toString(), '1234');
    const refused = await post('12345');
    t.equal(refused.refusal, 'body-too-large');
    t.equal(refused.check, 'body-size');
    t.equal(seen.length, 0);
  }
});
