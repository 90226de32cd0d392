// Requests that follow each other on one connection, without waiting, are each judged for themselves, and answered in
// their order. What a refused one carries is never taken for the next.

import t from 'tap';
import { checkRefused, startAttacked } from '../kit/attacked.ts';
import { open, readAll, send, splitAnswers } from '../kit/client.ts';
import { readAnswers } from '../kit/wire.ts';

const get = (path: string, host = 'localhost') => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

t.test('many in one piece', async (t) => {
  const { port, upstream } = await startAttacked(t, { yaml: 'limits: { pipelinedRequests: 60 }\n' });
  const paths = Array.from(
    { length: 60 },
    (_, n) => ['/public/a', '/admin', '/x', '/x/../admin', '/ADMIN/x'][n % 5] ?? '',
  );
  const expected = [200, 403, 200, 400, 403];
  const socket = await open(t, { port });
  const answers = readAnswers(t, socket);
  socket.write(paths.map((path, n) => get(`${path}?${n}`)).join(''));
  for (const [n, path] of paths.entries()) {
    const { status, body } = await answers.next();
    t.equal(status, expected[n % 5], `${path}?${n}`);
    if (status === 200) t.equal(body, `answered ${path}?${n}`);
  }
  const allowed = paths.flatMap((path, n) => (expected[n % 5] === 200 ? [`${path}?${n}`] : []));
  t.strictSame(upstream.received.map(({ url }) => url).sort(), allowed.sort());
});

t.test('more than the limit end the connection', async (t) => {
  const { port, upstream } = await startAttacked(t, { yaml: 'limits: { pipelinedRequests: 4 }\n' });
  const socket = await open(t, { port });
  const all = readAll(socket);
  socket.write(get('/x').repeat(100));
  t.ok(splitAnswers(await all).length <= 4);
  t.ok(upstream.received.length <= 4);
  t.equal((await send(t, { port, path: '/next' })).text, 'answered /next');
});

t.test('byte by byte', async (t) => {
  const { port, upstream } = await startAttacked(t);
  const socket = await open(t, { port });
  const answers = readAnswers(t, socket);
  for (const byte of Buffer.from(get('/x') + get('/admin') + get('/public'))) socket.write(Buffer.of(byte));
  const statuses = [await answers.next(), await answers.next(), await answers.next()].map(({ status }) => status);
  t.strictSame(statuses, [200, 403, 200]);
  t.equal(upstream.received.length, 2);
});

t.test('an allowed one before it opens nothing', async (t) => {
  const { port, upstream, alice } = await startAttacked(t);
  const socket = await open(t, { port, certificate: alice });
  const answers = readAnswers(t, socket);
  socket.write(get('/admin/1') + get('/admin/2', 'secure.test') + get('/admin/3'));
  const statuses = [await answers.next(), await answers.next(), await answers.next()].map(({ status }) => status);
  t.strictSame(statuses, [200, 421, 200]);
  t.strictSame(upstream.received.map(({ url }) => url).sort(), ['/admin/1', '/admin/3']);
});

const SMUGGLED = get('/public/smuggled');
const post = (path: string, fields: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n\r\n${body}`;
const length = `Content-Length: ${SMUGGLED.length}`;
const chunks = `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`;

t.test('the body of a refused one is no request', async (t) => {
  await checkRefused(t, await startAttacked(t), [
    { name: 'no certificate', bytes: post('/admin', length, SMUGGLED), code: 'certificate-required', goesOn: true },
    {
      name: 'no certificate, chunked',
      bytes: post('/admin', 'Transfer-Encoding: chunked', chunks),
      code: 'certificate-required',
      goesOn: true,
    },
    { name: 'a path without a plain form', bytes: post('/./x', length, SMUGGLED), code: 'path-invalid', goesOn: true },
    {
      name: 'another host',
      bytes: post('/x', length, SMUGGLED).replace('localhost', 'open.test'),
      code: 'host-mismatch',
      goesOn: true,
    },
    {
      name: 'GET with a body',
      bytes: post('/admin', length, SMUGGLED).replace('POST', 'GET'),
      code: 'certificate-required',
      goesOn: true,
    },
  ]);
});
