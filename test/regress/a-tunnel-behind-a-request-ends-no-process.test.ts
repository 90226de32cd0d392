// CONNECT or a WebSocket handshake pipelined behind a request that still waits for its answer: giving it a response on a
// socket that another response owns threw inside a listener of Node's, and ended the process.

import t from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { open, send } from '../kit/client.ts';
import { startUpstream } from '../kit/upstream.ts';
import { answerUpgrade, UPGRADE_FIELDS } from '../kit/websocket.ts';
import { readAnswers } from '../kit/wire.ts';

const GET = 'GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n';

for (const [name, tunnel, alone] of [
  ['CONNECT', 'CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n', 501],
  ['a WebSocket handshake', `GET /x HTTP/1.1\r\nHost: localhost\r\n${UPGRADE_FIELDS}\r\n`, 101],
  ['a refused WebSocket handshake', `GET /admin HTTP/1.1\r\nHost: localhost\r\n${UPGRADE_FIELDS}\r\n`, 403],
] as const) {
  t.test(name, async (t) => {
    const upstream = await startUpstream(t, { onUpgrade: answerUpgrade });
    const { port } = await startAttacked(t, { upstream });

    const waiting = await open(t, { port });
    const answers = readAnswers(t, waiting);
    waiting.write(GET);
    t.equal((await answers.next()).status, 200);
    waiting.write(tunnel);
    t.equal((await answers.next()).status, alone, 'behind an answer it is judged');

    const known = upstream.received.length;
    for (const before of [GET, GET.repeat(3)]) {
      const socket = await open(t, { port });
      const answers = readAnswers(t, socket);
      socket.write(before + tunnel + GET);
      t.notMatch(await answers.rest(), /^HTTP\/1\.1 (101|501)/m, 'before it, the connection ends');
    }
    t.notOk(
      upstream.received.slice(known).some(({ rawHeaders }) => rawHeaders.includes('Sec-WebSocket-Key')),
      'and nothing of it goes on',
    );
    t.equal((await send(t, { port, path: '/next' })).text, 'answered /next', 'the gateway goes on');
  });
}
