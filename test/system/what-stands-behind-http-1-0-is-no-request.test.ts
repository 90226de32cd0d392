// HTTP/1.0 ends with its answer (RFC 9112 9.3): what a client sends behind it is not read.

import t from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { open, readAll, splitAnswers } from '../kit/client.ts';

t.test('alone, and with a request behind it', async (t) => {
  const { port, upstream } = await startAttacked(t);
  for (const behind of ['', 'GET /public HTTP/1.1\r\nHost: localhost\r\n\r\n']) {
    const socket = await open(t, { port });
    const all = readAll(socket);
    socket.write(`GET /x HTTP/1.0\r\nHost: localhost\r\n\r\n${behind}`);
    t.ok(splitAnswers(await all).length <= 1);
  }
  t.ok(upstream.received.length >= 1 && upstream.received.every(({ url }) => url === '/x'));
});
