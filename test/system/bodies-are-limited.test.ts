// `limits.bodyBytes`, by Content-Length at once and by chunks as they come. A body beyond it is never passed on as a whole.

import { once } from 'node:events';
import t, { type Test } from 'tap';
import { checkRefused, startAttacked } from '../kit/attacked.ts';
import { open, send } from '../kit/client.ts';
import { startUpstream } from '../kit/upstream.ts';
import { readAnswers } from '../kit/wire.ts';

const LIMITS = 'limits: { bodyBytes: 1KiB }\n';
const HEAD = 'POST /x HTTP/1.1\r\nHost: localhost\r\n';
const chunked = (...sizes: readonly number[]) =>
  `${HEAD}Transfer-Encoding: chunked\r\n\r\n${sizes.map((size) => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`).join('')}`;

async function ask(t: Test, port: number, bytes: string) {
  const socket = await open(t, { port });
  const answers = readAnswers(t, socket);
  socket.write(bytes);
  return answers.next();
}

t.test('with a length', async (t) => {
  const attacked = await startAttacked(t, { yaml: LIMITS });
  const { port, upstream } = attacked;
  t.equal((await ask(t, port, `${HEAD}Content-Length: 1024\r\n\r\n${'x'.repeat(1024)}`)).status, 200);
  t.equal(upstream.last().body.length, 1024);
  await checkRefused(t, attacked, [
    {
      name: 'one byte more, sent whole',
      bytes: `${HEAD}Content-Length: 1025\r\n\r\n${'x'.repeat(1025)}`,
      code: 'body-too-large',
      goesOn: true,
    },
    {
      name: 'the longest length there is',
      bytes: `${HEAD}Content-Length: 9999999999999999\r\nConnection: close\r\n\r\n`,
      code: 'body-too-large',
    },
  ]);
});

t.test('in chunks', async (t) => {
  const { port, upstream } = await startAttacked(t, { yaml: LIMITS });
  for (const sizes of [[1024], [1000, 24], Array.from({ length: 1024 }, () => 1)]) {
    t.equal((await ask(t, port, `${chunked(...sizes)}0\r\n\r\n`)).status, 200);
    t.equal(upstream.last().body.length, 1024);
  }
  for (const sizes of [[1025], [1024, 1], [100_000], Array.from({ length: 1025 }, () => 1)]) {
    const known = upstream.received.length;
    const answer = await ask(t, port, `${chunked(...sizes)}0\r\n\r\n`);
    t.match(answer, { status: 413, body: /body-too-large/ }, `${sizes.length} chunks`);
    const next = await send(t, { port, path: '/next' });
    t.equal(next.text, 'answered /next');
    t.strictSame(
      upstream.received.slice(known).map(({ url }) => url),
      ['/next'],
      'no whole request arrived',
    );
  }
});

t.test('without an end', async (t) => {
  const { port, upstream } = await startAttacked(t, { yaml: LIMITS });
  const socket = await open(t, { port });
  const answers = readAnswers(t, socket);
  socket.write(chunked(1000));
  const [request] = await once(upstream.server, 'request');
  const closed = new Promise((resolve) => request.once('close', resolve));
  socket.write(`400\r\n${'x'.repeat(1024)}\r\n`);
  t.match(await answers.next(), { status: 413, body: /body-too-large/ }, 'it is refused as soon as it is too long');
  await closed;
  t.equal(request.complete, false, 'and broken off towards the upstream');
  t.equal(upstream.received.length, 0);
});

t.test('after the upstream has begun to answer', async (t) => {
  const upstream = await startUpstream(t);
  upstream.server.removeAllListeners('request');
  upstream.server.on('request', (request, response) => {
    request.resume().on('error', () => {});
    response.write('early');
  });
  const { port } = await startAttacked(t, { yaml: LIMITS, upstream });
  const socket = await open(t, { port });
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.write(chunked(1000));
  while (!text.includes('early')) await once(socket, 'data');
  const closed = once(socket, 'close');
  socket.write(`400\r\n${'x'.repeat(1024)}\r\n`);
  await closed;
  t.notMatch(text, /\r\n0\r\n\r\n/, 'the answer is broken off, and does not look whole');
});
