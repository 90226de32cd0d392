// `Upgrade: foo` is not taken, and the request answered as any other. But a client that counts on it sends bytes of that
// protocol next, and those were read as the next request.

import t from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { open } from '../kit/client.ts';
import { readAnswers } from '../kit/wire.ts';

const ask = (path: string, fields = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`;
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: foo\r\n';
const BEHIND = ask('/behind');

t.test('the answer ends the connection', async (t) => {
  const { port, upstream, gateway } = await startAttacked(t);
  for (const [path, fields, status] of [
    ['/x', UPGRADE, 200],
    ['/x', 'Connection: keep-alive\r\nUpgrade: foo\r\n', 200],
    ['/admin', UPGRADE, 403],
    ['/./x', UPGRADE, 400],
    ['/x', 'Connection: Upgrade\r\nUpgrade: websocket/13\r\n', 400],
  ] as const) {
    for (const atOnce of [true, false]) {
      const known = gateway.requests().length;
      const socket = await open(t, { port });
      const answers = readAnswers(t, socket);
      socket.write(ask(path));
      t.notSame((await answers.next()).headers.get('connection'), ['close'], 'without it the connection goes on');
      socket.write(ask(path, fields) + (atOnce ? BEHIND : ''));
      const answer = await answers.next();
      t.equal(answer.status, status, `${path} ${JSON.stringify(fields)}`);
      t.strictSame(answer.headers.get('connection'), ['close']);
      if (!atOnce) socket.write(BEHIND);
      t.equal(await answers.rest(), '');
      t.equal(gateway.requests().length, known + 2);
    }
  }
  t.notOk(upstream.received.some(({ url }) => url === '/behind'));
});
