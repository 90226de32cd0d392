// Bytes behind an answer that were there already, but were read apart from it (Node reads 64 KiB at a time): between the
// two the place was given to the next in line, and his request got those bytes for its answer.

import tls from 'node:tls';
import t from 'tap';
import { makeRoot } from '../kit/pki.ts';
import { ask, listen, startFront, startRawUpstream, until } from '../unit/proxy/rig.ts';

/** An answer of that many bytes, head and all; of a number whose digits are as many without the head. */
function answerOf(bytes: number, filler: string): string {
  const head = (length: number) => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;
  const length = bytes - head(bytes).length;
  return head(length).padEnd(bytes, filler);
}

const GOOD = answerOf(500, 'g');
const EVIL = answerOf(500, 'e');

for (const kib of [16, 64, 128]) {
  t.test(`behind ${kib} KiB`, async (t) => {
    const first = answerOf(kib * 1024, 'g') + EVIL;
    const root = makeRoot();
    const { pem: cert, keyPem: key } = root.server();
    let connections = 0;
    const secure = tls.createServer({ cert, key }, (socket) => {
      const answer = connections++ === 0 ? first : GOOD;
      socket.on('error', () => {}).on('data', () => socket.write(answer));
    });
    const plain = await startRawUpstream(t, (socket, index) => {
      socket.on('data', () => socket.write(index === 0 ? first : GOOD));
    });
    for (const upstream of [
      { url: plain.url },
      { url: new URL(`https://127.0.0.1:${await listen(t, secure)}`), tls: { ca: [root.pem] } },
    ]) {
      const { port, exchanges } = await startFront(t, { ...upstream, maxConnections: 1 });
      const asked = [ask(port, '/1'), ask(port, '/2'), ask(port, '/3')];
      await until(() => exchanges.length === 3);
      for (const each of asked) t.match((await each).body.toString(), /^g+$/, upstream.url.protocol);
    }
    t.equal(plain.connections.length, 2);
    t.equal(connections, 2);
  });
}
