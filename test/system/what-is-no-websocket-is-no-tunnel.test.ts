// Behind a WebSocket handshake nothing is a request any more; behind everything else the next request is one, and judged.

import t from 'tap';
import { type Attacked, startAttacked } from '../kit/attacked.ts';
import { open, readUntil } from '../kit/client.ts';
import { startUpstream } from '../kit/upstream.ts';
import { answerUpgrade, UPGRADE_FIELDS } from '../kit/websocket.ts';
import { readAnswers } from '../kit/wire.ts';

const HOST = 'Host: localhost\r\n';
const NEXT = `GET /admin HTTP/1.1\r\n${HOST}\r\n`;

async function startBoth(t: Parameters<typeof startAttacked>[0]): Promise<Attacked> {
  return startAttacked(t, { upstream: await startUpstream(t, { onUpgrade: answerUpgrade }) });
}

t.test('a WebSocket handshake makes a tunnel', async (t) => {
  const { port, upstream } = await startBoth(t);
  const socket = await open(t, { port });
  const answers = readAnswers(t, socket);
  socket.write(`GET /x HTTP/1.1\r\n${HOST}${UPGRADE_FIELDS}\r\n`);
  t.equal((await answers.next()).status, 101);
  const echoed = readUntil(socket, (text) => text.length >= NEXT.length);
  socket.write(NEXT);
  t.equal(await echoed, NEXT, 'what looks like a request comes back from the upstream as it was');
  t.equal(upstream.received.length, 1);
});

t.test('what names no protocol is a request like any other', async (t) => {
  const { port } = await startBoth(t);
  const socket = await open(t, { port });
  const answers = readAnswers(t, socket);
  socket.write(`GET /x HTTP/1.1\r\n${HOST}Connection: Upgrade\r\n\r\n${NEXT}`);
  t.equal((await answers.next()).status, 200);
  t.match(await answers.next(), { status: 403, body: /certificate-required/ }, 'the next one is judged');
});
