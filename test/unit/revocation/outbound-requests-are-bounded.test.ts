// Whoever is asked can answer, and nothing else: not send us elsewhere, not keep us, not fill the memory.

import type { Socket } from 'node:net';
import t from 'tap';
import { createOutbound } from '../../../src/revocation/outbound.ts';
import { startCanary } from '../../kit/canary.ts';
import { until } from '../../kit/until.ts';
import { get, startRawServer, tell } from './outbound-servers.ts';

const ok = (fields: string, body: string) => `HTTP/1.1 200 OK\r\n${fields}\r\n${body}`;

t.test('a plain answer is taken', async (t) => {
  const server = await startRawServer(t, (socket) =>
    socket.end(ok('content-type: application/pkix-crl\r\netag: "1"\r\nlast-modified: then\r\n', 'list')),
  );
  const answer = await get(`http://127.0.0.1:${server.port}/ca.crl?x=1`);
  t.match(answer, { ok: true, status: 200, contentType: 'application/pkix-crl', etag: '"1"', lastModified: 'then' });
  t.equal(tell(answer), 'body: list');
  t.equal(
    server.heads[0]?.toLowerCase(),
    [
      'get /ca.crl?x=1 http/1.1',
      `host: 127.0.0.1:${server.port}`,
      'connection: close',
      'user-agent: portcullis',
      'accept-encoding: identity',
    ].join('\r\n'),
    'and nothing about us is told but our name',
  );
  await until(() => server.open() === 0);
});

t.test('a body can be sent', async (t) => {
  const server = await startRawServer(t, (socket) => socket.end(ok('content-length: 2\r\n', 'ok')));
  const body = Buffer.from('question');
  const headers = { 'content-type': 'application/ocsp-request' };
  t.equal(tell(await get(`http://127.0.0.1:${server.port}/`, { method: 'POST', body, headers })), 'body: ok');
  t.match(server.heads[0], /^POST \/ .*content-type: application\/ocsp-request.*content-length: 8/is);
});

t.test('an answer that says that nothing changed is one only where that was asked', async (t) => {
  const server = await startRawServer(t, (socket) => socket.end('HTTP/1.1 304 Not Modified\r\netag: "1"\r\n\r\n'));
  const url = `http://127.0.0.1:${server.port}/`;
  t.match(await get(url, { headers: { 'if-none-match': '"1"' } }), { ok: true, status: 304 });
  t.match(await get(url, { headers: { 'if-modified-since': 'then' } }), { ok: true, status: 304 });
  t.equal(tell(await get(url)), 'answered with status 304');
});

t.test('bad answers are failures that say why', async (t) => {
  const canary = await startCanary(t);
  const endless = (socket: Socket, chunk: string) => {
    const more = () => {
      if (!socket.destroyed) socket.write(chunk, () => setImmediate(more));
    };
    more();
  };
  const rows: Readonly<Record<string, readonly [(socket: Socket) => void, RegExp]>> = {
    ...Object.fromEntries(
      [301, 302, 303, 307, 308].map((status) => [
        `a redirect with ${status}`,
        [
          (socket: Socket) =>
            socket.end(
              `HTTP/1.1 ${status} x\r\nlocation: http://127.0.0.1:${canary.port}/\r\ncontent-length: 0\r\n\r\n`,
            ),
          new RegExp(`^answered with status ${status}$`),
        ] as const,
      ]),
    ),
    'a status that is no success': [
      (socket) => socket.end('HTTP/1.1 404 no\r\ncontent-length: 4\r\n\r\nlist'),
      /^answered with status 404$/,
    ],
    'a success of another kind': [
      (socket) => socket.end('HTTP/1.1 206 part\r\ncontent-length: 4\r\n\r\nlist'),
      /^answered with status 206$/,
    ],
    'another protocol': [
      (socket) => socket.write('HTTP/1.1 101 x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nlist'),
      /^answered with status 101$/,
    ],
    'a packed body': [
      (socket) => socket.end(ok('content-encoding: gzip\r\n', 'list')),
      /^answered with a content encoding$/,
    ],
    'a body that is announced too long': [
      (socket) => socket.write(ok('content-length: 1025\r\n', '')),
      /^the answer is longer than 1024 bytes$/,
    ],
    'a body without end': [
      (socket) => {
        socket.write(ok('', ''));
        endless(socket, 'x'.repeat(500));
      },
      /^the answer is longer than 1024 bytes$/,
    ],
    'chunks without end': [
      (socket) => {
        socket.write(ok('transfer-encoding: chunked\r\n', ''));
        endless(socket, `1f4\r\n${'x'.repeat(500)}\r\n`);
      },
      /^the answer is longer than 1024 bytes$/,
    ],
    'a body that breaks off': [
      (socket) => socket.end(ok('content-length: 100\r\n', 'list')),
      /^broke off \(ECONNRESET\)$/,
    ],
    'a chunk that is none': [
      (socket) => socket.end(ok('transfer-encoding: chunked\r\n', 'list\r\n')),
      /^broke off \((HPE_|ECONNRESET)/,
    ],
    'a head that is too long': [
      (socket) => socket.end(ok(`x: ${'y'.repeat(17 * 1024)}\r\n`, 'list')),
      /^broke off \(HPE_HEADER_OVERFLOW\)$/,
    ],
    'a head without end': [
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        endless(socket, 'x: y\r\n'.repeat(100));
      },
      /^broke off \(HPE_HEADER_OVERFLOW\)$/,
    ],
    'something that is not HTTP': [(socket) => socket.end('SSH-2.0\r\n\r\n'), /^broke off \(HPE_/],
    nothing: [(socket) => socket.end(), /^broke off \(ECONNRESET\)$/],
  };
  for (const [name, [answer, why]] of Object.entries(rows)) {
    const server = await startRawServer(t, answer);
    t.match(tell(await get(`http://127.0.0.1:${server.port}/`)), why, name);
    await until(() => server.open() === 0);
  }
  t.equal(canary.hits(), 0);
});

t.test('as many bytes as allowed are taken', async (t) => {
  const server = await startRawServer(t, (socket) => socket.end(ok('', 'x'.repeat(1024))));
  t.match(await get(`http://127.0.0.1:${server.port}/`), { ok: true });
});

t.test('the time is over for whoever is too slow', async (t) => {
  const rows: Readonly<Record<string, (socket: Socket) => void>> = {
    'a silent server': () => {},
    'half a head': (socket) => socket.write('HTTP/1.1 200 OK\r\nx: '),
    'interim answers without end': (socket) => {
      const timer = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 10);
      socket.once('close', () => clearInterval(timer));
    },
    'a byte now and then': (socket) => {
      socket.write(ok('', ''));
      const timer = setInterval(() => socket.write('x'), 10);
      socket.once('close', () => clearInterval(timer));
    },
  };
  for (const [name, answer] of Object.entries(rows)) {
    const server = await startRawServer(t, answer);
    const why = tell(await get(`http://127.0.0.1:${server.port}/`, { timeLimitMs: 200 }));
    t.equal(why, 'no complete answer within 200 ms', name);
    await until(() => server.open() === 0);
  }
});

t.test('who asked can give it up', async (t) => {
  const ending = new AbortController();
  const server = await startRawServer(t, () => ending.abort());
  const url = `http://127.0.0.1:${server.port}/`;
  t.equal(tell(await get(url, { signal: ending.signal })), 'it was given up');
  await until(() => server.open() === 0);
  t.equal(tell(await get(url, { signal: ending.signal })), 'it was given up');
  t.equal(server.heads.length, 1, 'and what was given up before is not begun');
});

t.test('a server that is not there is a failure', async (t) => {
  t.equal(tell(await get('http://127.0.0.1:1/')), 'cannot be reached (ECONNREFUSED)');
  t.match(tell(await get('http://no-such-host.invalid/')), /^cannot be reached \((ENOTFOUND|EAI_AGAIN)\)$/);
});

t.test('addresses of another kind are not asked', async (t) => {
  const canary = await startCanary(t);
  const rows = [
    'ldap:///CN=x',
    `ftp://127.0.0.1:${canary.port}/`,
    'file:///etc/passwd',
    'data:,list',
    `http://user@127.0.0.1:${canary.port}/`,
    `http://:secret@127.0.0.1:${canary.port}/`,
    '/ca.crl',
    '',
  ];
  for (const url of rows) {
    const why = tell(await createOutbound()({ url, method: 'GET', maxBytes: 1024, timeLimitMs: 10_000 }));
    t.equal(why, 'no http or https address without user and password', url);
  }
  t.equal(canary.hits(), 0);
});
