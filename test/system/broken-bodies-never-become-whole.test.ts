// A body whose chunks are not plain ends the connection: the upstream never gets a whole request of it, and what follows
// is no request (RFC 9112 7.1).

import { once } from 'node:events';
import t from 'tap';
import { type Attacked, startAttacked } from '../kit/attacked.ts';
import { open, readAll, send, splitAnswers } from '../kit/client.ts';
import { readAnswers } from '../kit/wire.ts';

const SMUGGLED = 'GET /public/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n';
const head = (path: string) => `POST ${path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`;

const BROKEN: readonly (readonly [string, string])[] = [
  ['a size in the way of C', '0x5\r\nhello\r\n0\r\n\r\n'],
  ['a size with a plus', '+5\r\nhello\r\n0\r\n\r\n'],
  ['a negative size', '-1\r\nhello\r\n0\r\n\r\n'],
  ['a space before the size', ' 5\r\nhello\r\n0\r\n\r\n'],
  ['a space behind the size', '5 \r\nhello\r\n0\r\n\r\n'],
  ['a tab behind the size', '5\t\r\nhello\r\n0\r\n\r\n'],
  ['an empty size', '\r\nhello\r\n0\r\n\r\n'],
  ['a size that is no number', 'x\r\nhello\r\n0\r\n\r\n'],
  ['a size with a comma', '5,\r\nhello\r\n0\r\n\r\n'],
  ['a size with an underscore', '0_5\r\nhello\r\n0\r\n\r\n'],
  ['a size beyond 64 bits', '10000000000000005\r\nhello\r\n0\r\n\r\n'],
  ['a size that ends in a line feed', '5\nhello\r\n0\r\n\r\n'],
  ['a size that ends in a carriage return', '5\rhello\r\n0\r\n\r\n'],
  ['a chunk that ends in a line feed', '5\r\nhello\n0\r\n\r\n'],
  ['a chunk that does not end', '5\r\nhello0\r\n\r\n'],
  ['a chunk that is longer than its size', '5\r\nhelloworld\r\n0\r\n\r\n'],
  ['a last chunk that ends in line feeds', '5\r\nhello\r\n0\n\n'],
  ['an extension that ends in a line feed', '5;a=b\nhello\r\n0\r\n\r\n'],
  ['an extension without an end', `5;${'x'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`],
  ['a NUL in an extension', '5;a=\0\r\nhello\r\n0\r\n\r\n'],
  ['a trailer without a colon', '5\r\nhello\r\n0\r\nX\r\n\r\n'],
  ['a trailer with a space before the colon', '5\r\nhello\r\n0\r\nX : y\r\n\r\n'],
  ['trailers that are too long', `5\r\nhello\r\n0\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
];

async function checkServed(attacked: Attacked, t: Parameters<typeof send>[0], name: string): Promise<void> {
  const { port, upstream } = attacked;
  const known = upstream.received.length;
  t.equal((await send(t, { port, path: '/public/next' })).text, 'answered /public/next', `the next one, ${name}`);
  t.strictSame(
    upstream.received.slice(known).map(({ url }) => url),
    ['/public/next'],
  );
}

t.test('plain chunks pass', async (t) => {
  const { port, upstream } = await startAttacked(t);
  for (const body of [
    '5\r\nhello\r\n0\r\n\r\n',
    '005\r\nhello\r\n000\r\n\r\n',
    '2\r\nhe\r\n3;a=b\r\nllo\r\n0;c\r\n\r\n',
  ]) {
    const socket = await open(t, { port });
    const answers = readAnswers(t, socket);
    socket.write(head('/x') + body);
    t.equal((await answers.next()).status, 200, JSON.stringify(body));
    t.equal(upstream.received.at(-1)?.body.toString(), 'hello');
  }
});

t.test('broken ones, in one piece with the head', async (t) => {
  const attacked = await startAttacked(t);
  for (const [name, body] of BROKEN) {
    const known = attacked.upstream.received.length;
    const socket = await open(t, { port: attacked.port });
    const all = readAll(socket);
    socket.write(head('/x') + body + SMUGGLED, 'latin1');
    t.notMatch(await all, 'answered', name);
    t.equal(attacked.upstream.received.length, known);
    await checkServed(attacked, t, name);
  }
});

t.test('broken ones, behind a head that was passed on', async (t) => {
  const attacked = await startAttacked(t);
  for (const [name, body] of BROKEN) {
    const known = attacked.upstream.received.length;
    const socket = await open(t, { port: attacked.port });
    const all = readAll(socket);
    const passed = once(attacked.upstream.server, 'request');
    socket.write(`${head('/x')}5\r\nfirst\r\n`);
    await passed;
    socket.write(body + SMUGGLED, 'latin1');
    t.notMatch(await all, 'answered', name);
    t.equal(attacked.upstream.received.length, known);
    await checkServed(attacked, t, name);
  }
});

t.test('broken ones of a refused request', async (t) => {
  const attacked = await startAttacked(t);
  for (const [name, body] of BROKEN) {
    const before = attacked.upstream.bytes();
    const socket = await open(t, { port: attacked.port });
    const all = readAll(socket);
    socket.write(head('/admin') + body + SMUGGLED, 'latin1');
    const statuses = splitAnswers(await all).map(({ status }) => status);
    t.ok(statuses.every((status) => status === 403) && statuses.length <= 1, `${name}: ${statuses}`);
    t.equal(attacked.upstream.bytes(), before);
    await checkServed(attacked, t, name);
  }
});

t.test('a body that is shorter than its length', async (t) => {
  const attacked = await startAttacked(t);
  for (const body of ['Content-Length: 10\r\n\r\nhello', 'Transfer-Encoding: chunked\r\n\r\na\r\nhello']) {
    const known = attacked.upstream.received.length;
    const socket = await open(t, { port: attacked.port });
    const [request] = await Promise.all([
      once(attacked.upstream.server, 'request').then(([incoming]) => incoming),
      new Promise((resolve) => socket.write(`POST /x HTTP/1.1\r\nHost: localhost\r\n${body}`, resolve)),
    ]);
    socket.end();
    await new Promise((resolve) => request.once('close', resolve));
    t.equal(request.complete, false, 'the upstream learns that it is not whole');
    t.equal(attacked.upstream.received.length, known);
    await checkServed(attacked, t, body);
  }
});
