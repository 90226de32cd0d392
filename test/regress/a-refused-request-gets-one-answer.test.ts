// A request that was refused while its chunks were still coming, and then broke them, got a second answer: a client or
// proxy that sends several requests on one connection takes that for the answer to its next one.

import t from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { open, splitAnswers } from '../kit/client.ts';
import { readAnswers } from '../kit/wire.ts';

const post = (path: string, host = 'localhost') =>
  `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`;
const BAD_CHUNKS = ['zz\r\n', '5\r\nhello, world\r\n', '-1\r\n', '5;\0\r\n'];

t.test('whatever its chunks are', async (t) => {
  const { port, upstream, gateway } = await startAttacked(t);
  for (const [bytes, status] of [
    [post('/admin'), 403],
    [post('/x/../y'), 400],
    [post('/x', 'open.test'), 421],
    [post('/x').replace('POST', 'TRACE'), 501],
  ] as const) {
    const socket = await open(t, { port });
    const answers = readAnswers(t, socket);
    socket.write(`${bytes}0\r\n\r\n`);
    t.equal((await answers.next()).status, status, 'sound chunks');

    for (const bad of BAD_CHUNKS) {
      const inTwo = await open(t, { port });
      const two = readAnswers(t, inTwo);
      inTwo.write(bytes);
      t.equal((await two.next()).status, status, `${status}, ${JSON.stringify(bad)}`);
      inTwo.write(bad);
      t.equal(await two.rest(), '', 'no second answer');

      const known = gateway.requests().length;
      const inOne = await open(t, { port });
      const one = readAnswers(t, inOne);
      inOne.write(bytes + bad);
      t.ok(splitAnswers(await one.rest()).length <= 1, 'in one piece: no more than one');
      t.equal(gateway.requests().length, known + 1, 'and one line in the log');
    }
  }
  t.equal(upstream.bytes(), 0);
});
