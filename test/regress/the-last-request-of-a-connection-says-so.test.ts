// A request over `requestsPerConnection` got an answer of Node's own, without reason or line in the log. Now the last one
// within the limit is answered as any other, and says that the connection ends with it.

import t from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { open, send } from '../kit/client.ts';
import { readAnswers } from '../kit/wire.ts';

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

t.test('allowed and refused ones count, one after another or at once', async (t) => {
  const { port, gateway, upstream } = await startAttacked(t, { yaml: 'limits: { requestsPerConnection: 3 }\n' });
  for (const [last, status] of [
    ['/last', 200],
    ['/admin', 403],
  ] as const) {
    for (const atOnce of [false, true]) {
      const [requests, received] = [gateway.requests().length, upstream.received.length];
      const socket = await open(t, { port });
      const answers = readAnswers(t, socket);
      const paths = ['/admin', '/x', last, '/over'];
      if (atOnce) socket.write(paths.map(get).join(''));
      const taken = [];
      for (const path of paths.slice(0, 3)) {
        if (!atOnce) socket.write(get(path));
        taken.push(await answers.next());
      }
      t.strictSame(
        taken.map((answer) => [answer.status, answer.headers.get('connection')?.[0] === 'close']),
        [
          [403, false],
          [200, false],
          [status, true],
        ],
      );
      t.equal(await answers.rest(), '', 'nothing else is answered');
      t.equal(gateway.requests().length - requests, 3);
      t.equal(upstream.received.length - received, status === 200 ? 2 : 1, 'and nothing else goes on');
    }
  }
  t.equal((await send(t, { port })).status, 200, 'the next connection begins anew');
});
