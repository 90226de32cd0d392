// `Expect: 100-continue` is answered after the decision: who is refused is never asked for the body. Nobody can tell
// whether such a client sends its body all the same, and so its connection ends (RFC 9110 10.1.1).

import t from 'tap';
import { checkRefused, type RefusedRow, startAttacked } from '../kit/attacked.ts';
import { open } from '../kit/client.ts';
import { headerOf } from '../kit/upstream.ts';
import { readAnswers } from '../kit/wire.ts';

const post = (path: string, fields: string) => `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n\r\n`;
const SMUGGLED = 'GET /admin HTTP/1.1\r\nHost: localhost\r\n\r\n';

t.test('an allowed client is told to go on, once', async (t) => {
  const { port, upstream, alice } = await startAttacked(t);
  for (const expect of ['100-continue', '100-Continue', ' 100-continue ']) {
    const known = upstream.received.length;
    const socket = await open(t, { port, certificate: alice });
    const answers = readAnswers(t, socket);
    socket.write(post('/admin', `Content-Length: 5\r\nExpect:${expect}`));
    t.equal((await answers.next()).status, 100, JSON.stringify(expect));
    t.equal(upstream.received.length, known, 'the upstream has no whole request yet');
    socket.write('hello');
    t.match(await answers.next(), { status: 200, body: 'answered /admin' });
    t.equal(upstream.last().body.toString(), 'hello');
    t.strictSame(headerOf(upstream.last(), 'expect'), [], 'and it is not asked itself');
  }
});

t.test('a client that does not wait is served too', async (t) => {
  const { port, upstream } = await startAttacked(t);
  const socket = await open(t, { port });
  const answers = readAnswers(t, socket);
  socket.write(`${post('/x', 'Content-Length: 5\r\nExpect: 100-continue')}hello`);
  const first = await answers.next();
  t.equal((first.status === 100 ? await answers.next() : first).status, 200);
  t.equal(upstream.last().body.toString(), 'hello');
});

t.test('HTTP/1.0 knows no expectations', async (t) => {
  const { port, upstream } = await startAttacked(t);
  const socket = await open(t, { port });
  const answers = readAnswers(t, socket);
  socket.write('POST /x HTTP/1.0\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello');
  t.equal((await answers.next()).status, 200);
  t.equal(upstream.last().body.toString(), 'hello');
});

const REFUSED: readonly RefusedRow[] = [
  [
    'a path that requires a certificate',
    post('/admin', 'Content-Length: 5\r\nExpect: 100-continue'),
    'certificate-required',
  ],
  [
    'such a path, chunked',
    post('/admin', 'Transfer-Encoding: chunked\r\nExpect: 100-continue'),
    'certificate-required',
  ],
  [
    'a request in place of the body',
    post('/admin', `Content-Length: ${SMUGGLED.length}\r\nExpect: 100-continue`) + SMUGGLED,
    'certificate-required',
  ],
].map(([name, bytes, code]) => ({ name, bytes, code }) as RefusedRow);

t.test('a refused client is never told to go on', async (t) => {
  await checkRefused(t, await startAttacked(t), REFUSED);
});
