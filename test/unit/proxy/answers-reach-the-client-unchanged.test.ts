// Does the client get the upstream's answer, and nothing that belongs to one connection only?

import http from 'node:http';
import t from 'tap';
import { answerRaw, ask, connectRaw, startFront, startRawUpstream, startUpstream, until } from './rig.ts';

t.test('status, message, fields and body pass', async (t) => {
  const { url } = await answerRaw(
    t,
    () =>
      'HTTP/1.1 299 Fine, th\xe9n\r\nX-b: 2\r\nSet-Cookie: a=1; Path=/\r\nx-A: 1\r\nSet-Cookie: b=2\r\nX-B: 3\r\n' +
      'Content-Length: 3\r\nLocation: /u0/x\r\n\r\nabc',
  );
  const { port } = await startFront(t, { url });
  const client = await connectRaw(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const text = await client.heard(/abc$/);
  t.match(
    text,
    /^HTTP\/1\.1 299 Fine, th\xe9n\r\nX-b: 2\r\nSet-Cookie: a=1; Path=\/\r\nx-A: 1\r\nSet-Cookie: b=2\r\nX-B: 3\r\nLocation: \/u0\/x\r\nContent-Length: 3\r\n/,
  );
});

t.test('statuses from 200 to 599 pass', async (t) => {
  let status = 0;
  const { url } = await answerRaw(t, () => `HTTP/1.1 ${status} x\r\nContent-Length: 0\r\n\r\n`);
  const { port } = await startFront(t, { url });
  for (status of [200, 205, 301, 304, 401, 404, 418, 499, 500, 503, 599]) {
    t.equal((await ask(port, '/')).status, status);
  }
});

t.test('fields of one connection and identity fields stay behind', async (t) => {
  const { url } = await answerRaw(
    t,
    () =>
      'HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Named\r\nKeep-Alive: timeout=99\r\nX-Named: 1\r\nX-Kept: 1\r\n' +
      'Proxy-Authenticate: Basic\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nX-Client-Subject: CN=a\r\nTE: x\r\n' +
      'Content-Length: 0\r\n\r\n',
  );
  const { port } = await startFront(t, { url });
  const { raw, headers } = await ask(port, '/');
  t.same(
    raw.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase()),
    ['x-kept', 'content-length', 'date', 'connection'],
  );
  t.equal(headers['keep-alive'], undefined);
});

t.test('bytes of a Content-Disposition are not touched, whatever stands before it', async (t) => {
  const name = Buffer.from('日本\u010a', 'utf8').toString('latin1');
  const field = `Content-Disposition: attachment; filename="${name}"\r\n`;
  const { url } = await answerRaw(t, () => `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${field}\r\nok`);
  const { port } = await startFront(t, { url });
  const client = await connectRaw(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  t.ok((await client.heard(/ok$/)).includes(field));
});

t.test('answers without a body keep the connection in order', async (t) => {
  const answers = [
    'HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n',
    'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\nETag: "x"\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast',
  ];
  const { url } = await answerRaw(t, () => answers.shift());
  const { port } = await startFront(t, { url });
  const client = await connectRaw(t, port);
  const parts: string[] = [];
  for (const method of ['HEAD', 'HEAD', 'GET', 'GET', 'GET']) {
    const before = client.text().length;
    client.socket.write(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
    await until(() => client.text().slice(before).includes('\r\n\r\n'));
    parts.push(client.text().slice(before));
  }
  await client.heard(/last$/);
  t.match(parts[0], /^HTTP\/1\.1 200 OK\r\n(.*\r\n)*Content-Length: 1234\r\n(.*\r\n)*\r\n$/);
  t.match(parts[1], /^HTTP\/1\.1 200 OK\r\n/);
  t.notMatch(parts[1], /Transfer-Encoding|Trailer/);
  t.match(parts[2], /^HTTP\/1\.1 204 No Content\r\n/);
  t.notMatch(parts[2], /Content-Length|Transfer-Encoding/);
  t.match(parts[3], /^HTTP\/1\.1 304 Not Modified\r\n(.*\r\n)*Content-Length: 1234\r\n(.*\r\n)*\r\n$/);
  t.equal(client.closed(), false);
});

t.test('a body that ends with the connection passes', async (t) => {
  const { url } = await startRawUpstream(t, (socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end'));
  });
  const { port } = await startFront(t, { url });
  const answer = await ask(port, '/');
  t.equal(answer.body.toString(), 'until the end');
  t.equal(answer.headers['transfer-encoding'], 'chunked');
});

t.test('an answer of 3 MiB passes, with a length and in chunks', async (t) => {
  const body = Buffer.alloc(3 * 1024 * 1024, 'xyz');
  const { url } = await startUpstream(t, (request, response) => {
    if (request.url === '/length') response.setHeader('Content-Length', body.length);
    response.write(body.subarray(0, 7));
    response.end(body.subarray(7));
  });
  const { port } = await startFront(t, { url });
  t.ok((await ask(port, '/length')).body.equals(body));
  t.ok((await ask(port, '/chunks')).body.equals(body));
});

t.test('large answers keep their bytes, at whatever pace they are sent and read', async (t) => {
  const bytes = 12 * 1024 * 1024;
  const bodyOf = (seed: number) => Buffer.from(new Uint32Array(bytes / 4).map((_, n) => n * 2654435761 + seed).buffer);
  const bodies = [1, 2, 3, 4].map(bodyOf);
  const { url } = await startUpstream(t, async (request, response) => {
    const body = bodies[Number(request.url?.slice(1))] ?? Buffer.alloc(0);
    response.writeHead(200, request.headers.accept === 'length' ? { 'Content-Length': body.length } : {});
    // In pieces that fill the buffers of the way, and in some that do not.
    for (let at = 0, size = 1; at < body.length; at += size, size = (size * 7) % 300_007) {
      if (!response.write(body.subarray(at, at + size)))
        await new Promise((resolve) => response.once('drain', resolve));
    }
    response.end();
  });
  const { port } = await startFront(t, { url });
  const agent = new http.Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  for (const accept of ['length', 'chunks', 'length']) {
    const read = (_: Buffer, index: number) =>
      new Promise<Buffer>((resolve, reject) => {
        const request = http.get({ port, path: `/${index}`, agent, headers: { accept } }, async (answer) => {
          const parts: Buffer[] = [];
          for await (const part of answer) {
            parts.push(part);
            if (parts.length % 16 === index) await new Promise((resolve) => setImmediate(resolve));
          }
          resolve(Buffer.concat(parts));
        });
        request.on('error', reject);
      });
    const all = await Promise.all(bodies.map(read));
    t.strictSame(
      all.map((got, index) => got.equals(bodies[index] ?? got)),
      bodies.map(() => true),
      accept,
    );
  }
});

t.test('trailers pass, but for those that may not', async (t) => {
  const { url } = await answerRaw(
    t,
    () =>
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, X-Client-Subject\r\n\r\n' +
      '3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-Client-Subject: CN=a\r\nConnection: close\r\nx-sum: 2\r\n\r\n',
  );
  const { port } = await startFront(t, { url });
  const answer = await ask(port, '/');
  t.equal(answer.body.toString(), 'abc');
  t.equal(answer.headers.trailer, 'x-sum');
  t.same(answer.trailers, ['X-Sum', '1', 'x-sum', '2']);
});

t.test('informational answers are dropped and break nothing', async (t) => {
  const { url } = await answerRaw(
    t,
    () =>
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n' +
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  );
  const { port } = await startFront(t, { url });
  for (const method of ['GET', 'POST']) {
    const answer = await ask(port, '/', { method });
    t.equal(answer.status, 200);
    t.equal(answer.body.toString(), 'ok');
  }
});

t.test('events of a stream, and a head without a body yet, reach the client at once', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n'));
  });
  const { port } = await startFront(t, { url: upstream.url });
  const client = await connectRaw(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.heard(/200 OK\r\n(.*\r\n)*\r\n$/);
  for (const event of ['data: 1', 'data: 2', 'data: 3']) {
    upstream.connections[0]?.write(`${event}\n\n`);
    await client.heard(new RegExp(`${event}\n\n\r\n$`));
  }
});

t.test('a reason phrase that may not be written is left out', async (t) => {
  const { url } = await answerRaw(t, () => 'HTTP/1.1 200 O\x01\x7fK\r\nContent-Length: 2\r\n\r\nok');
  const { port } = await startFront(t, { url });
  const client = await connectRaw(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  t.match(await client.heard(/ok$/), /^HTTP\/1\.1 200 \r\n/);
});

t.test('more than 2000 fields pass, framing behind them included', async (t) => {
  const fields = 'a: b\r\n'.repeat(2500);
  const { url } = await answerRaw(t, () => `HTTP/1.1 200 OK\r\n${fields}Content-Length: 2\r\n\r\nok`);
  const { port } = await startFront(t, { url });
  const client = await connectRaw(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const text = await client.heard(/Content-Length: 2\r\n.*ok$/s);
  t.equal(text.split('a: b\r\n').length, 2501);
});
