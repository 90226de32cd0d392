// Requests that follow each other on one connection, without waiting, are each judged for themselves, and answered in
// their order.

import t from 'tap';
import { startAttacked } from '../kit/attacked.ts';
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
