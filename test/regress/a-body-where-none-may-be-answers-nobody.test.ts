// A service that sends a body with an answer to HEAD, or with 304, a moment behind the head: the connection was free by
// then, and the body was taken for the answer to the next request, whoever had sent that.

import t from 'tap';
import { answerRaw, ask, startFront } from '../unit/proxy/rig.ts';

const GOOD = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood';
const EVIL = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';

for (const [name, method, head] of [
  ['HEAD with a length', 'HEAD', `HTTP/1.1 200 OK\r\nContent-Length: ${EVIL.length}\r\n\r\n`],
  ['HEAD in chunks', 'HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['304', 'GET', `HTTP/1.1 304 Not Modified\r\nContent-Length: ${EVIL.length}\r\n\r\n`],
  ['204', 'GET', `HTTP/1.1 204 No Content\r\nContent-Length: ${EVIL.length}\r\n\r\n`],
] as const) {
  t.test(name, async (t) => {
    let rude = false;
    const { url } = await answerRaw(t, (request, index) => {
      if (request.includes(' /first ')) return head;
      // What follows the head of the first answer comes when the next request is on its way.
      return rude && index === 0 ? EVIL + GOOD : GOOD;
    });
    const { port } = await startFront(t, { url });
    t.equal((await ask(port, '/first', { method })).body.length, 0);
    rude = true;
    t.equal((await ask(port, '/next')).body.toString(), 'good');
  });
}

t.test('a connection whose answers tell of none is used again', async (t) => {
  const { url, connections } = await answerRaw(t, () => 'HTTP/1.1 304 Not Modified\r\n\r\n');
  const { port } = await startFront(t, { url });
  for (const method of ['HEAD', 'GET', 'GET']) t.equal((await ask(port, '/', { method })).status, 304);
  t.equal(connections.length, 1);
});
