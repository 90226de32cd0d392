// A refused CONNECT or WebSocket handshake left a socket that was neither read nor destroyed: the end of its client was
// never seen, and it counted against `perAddress.connections` for ever.

import type { TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { type Answer, open, readUntil, send } from '../kit/client.ts';
import { startUpstream } from '../kit/upstream.ts';
import { UPGRADE_FIELDS } from '../kit/websocket.ts';

// Each waits for a time limit of the gateway, on a gateway of its own.
t.jobs = 4;

const PLACES = 3;
const YAML = `limits: { perAddress: { connections: ${PLACES}, handshakesPerSecond: 100000 } }\n`;
const handshake = (path: string, fields = '') =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${UPGRADE_FIELDS}${fields}\r\n`;

/** Each with what its client sent too early, which nobody ever reads. */
const REFUSED: readonly (readonly [name: string, bytes: string, status: number])[] = [
  ['CONNECT', 'CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n', 501],
  ['a handshake without a certificate', handshake('/admin'), 403],
  ['a handshake of a foreign page', handshake('/x', 'Origin: https://evil.test\r\n'), 403],
  ['a handshake that the upstream breaks off', handshake('/x'), 502],
];

/** Tries until there is a place: how soon one becomes free is not said. */
async function sendAtLast(t: Test, port: number): Promise<Answer> {
  for (;;) {
    const answer = await send(t, { port, path: '/good' }).catch(() => undefined);
    if (answer !== undefined) return answer;
  }
}

for (const [name, bytes, status] of REFUSED) {
  for (const [manner, leave] of [
    ['leaves', (socket: TLSSocket) => socket.destroy()],
    ['leaves and says so', (socket: TLSSocket) => socket.end()],
    ['stays and sends on', (socket: TLSSocket) => socket.pause().write('more')],
  ] as const) {
    t.test(`${name}, ${manner}`, async (t) => {
      const upstream = await startUpstream(t, { onUpgrade: (_, socket) => socket.destroy() });
      const { port } = await startAttacked(t, { upstream, yaml: YAML });
      for (let place = 0; place < PLACES; place++) {
        const socket = await open(t, { port });
        // It leaves when it wants to, and not because the gateway does.
        socket.allowHalfOpen = true;
        const answered = readUntil(socket, (text) => text.includes('"requestId"'));
        socket.write(`${bytes}early`);
        t.match(await answered, new RegExp(`^HTTP/1.1 ${status} `));
        leave(socket);
      }
      t.equal((await sendAtLast(t, port)).text, 'answered /good', 'another client gets in');
    });
  }
}

t.test('a handshake that the upstream answers as a request, without an end', async (t) => {
  const upstream = await startUpstream(t, {
    answer(request, response) {
      if (request.url === '/good') response.end('answered /good');
      else response.write('begun');
    },
  });
  const { port } = await startAttacked(t, { upstream, yaml: YAML });
  for (let place = 0; place < PLACES; place++) {
    const socket = await open(t, { port });
    const answered = readUntil(socket, (text) => text.includes('begun'));
    socket.write(handshake('/x'));
    t.match(await answered, /^HTTP\/1.1 200 /);
    socket.end('more');
  }
  t.equal((await sendAtLast(t, port)).text, 'answered /good', 'another client gets in');
});
