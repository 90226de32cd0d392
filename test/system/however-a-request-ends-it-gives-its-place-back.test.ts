// Requests of one certificate at a time are counted (`perCertificate.requests`): each is counted out once, however it ended.

import type { TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { type Attacked, startAttacked } from '../kit/attacked.ts';
import { open, send, statusOf } from '../kit/client.ts';
import { openHttp2 } from '../kit/http2.ts';
import { until } from '../kit/until.ts';
import { openWebSocket, startEchoUpstream } from '../kit/websocket-client.ts';

/** With a body that is begun, and one that never comes. */
const POST = 'POST /admin/waits HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n';
const GET = 'GET /admin/silent HTTP/1.1\r\nHost: localhost\r\n\r\n';

type End = (t: Test, attacked: Attacked, begun: () => Promise<void>) => Promise<void>;

function onSocket(bytes: string, leave: (socket: TLSSocket) => void): End {
  return async (t, { port, alice }, begun) => {
    const socket = await open(t, { port, certificate: alice });
    socket.write(bytes);
    await begun();
    leave(socket);
  };
}

function onStream(path: string, leave: (stream: { close(code: number): void; destroy(): void }) => void): End {
  return async (t, { port, alice }, begun) => {
    const session = await openHttp2(t, { port, certificate: alice });
    const stream = session.request({ ':method': 'POST', ':path': path });
    stream.on('error', () => {}).write('begun');
    await begun();
    leave(stream);
  };
}

const tunnel = async (t: Test, { port, alice }: Attacked): Promise<WebSocket> => {
  const socket = await openWebSocket(t, { port, certificate: alice, path: '/admin/socket' });
  if (!(socket instanceof WebSocket)) throw new Error('no tunnel');
  return socket;
};

const ENDS: readonly (readonly [name: string, end: End])[] = [
  ['an upload that is broken off', onSocket(POST, (socket) => socket.destroy())],
  ['an upload that ends too early', onSocket(POST, (socket) => socket.end())],
  ['an upload that goes on with nonsense', onSocket(POST, (socket) => socket.write('nonsense'))],
  ['an answer that nobody waits for', onSocket(GET, (socket) => socket.destroy())],
  ['requests behind each other that are broken off', onSocket(GET + GET + GET, (socket) => socket.destroy())],
  ['nonsense behind a request', onSocket(`${GET}nonsense\r\n\r\n`, () => {})],
  ['an answer that is broken off', onSocket(GET.replace('silent', 'broken'), () => {})],
  ['an upload that the service does not wait for', onSocket(POST.replace('waits', 'broken'), () => {})],
  ['a stream that is reset', onStream('/admin/waits', (stream) => stream.close(8))],
  ['a stream whose connection goes', onStream('/admin/waits', (stream) => stream.destroy())],
  ['a stream whose answer is broken off', onStream('/admin/broken', () => {})],
  ['a tunnel that is closed', async (t, attacked) => (await tunnel(t, attacked)).close()],
  ['a tunnel that is broken off', async (t, attacked) => (await tunnel(t, attacked)).terminate()],
  [
    'a refused request',
    async (t, { port, alice }) => {
      await send(t, { port, certificate: alice, path: '/admin/..%2f' });
    },
  ],
];

t.test('each of them', async (t) => {
  const upstream = await startEchoUpstream(t);
  const urls = new Set<string>();
  let begun = 0;
  upstream.server.removeAllListeners('request');
  upstream.server.on('request', (request, response) => {
    begun++;
    urls.add(request.url ?? '');
    request.on('error', () => {});
    if (request.url === '/admin') response.end('answered');
    else if (request.url === '/admin/broken') response.write('broken', () => response.destroy());
  });
  const attacked = await startAttacked(t, { upstream, yaml: 'limits: { perCertificate: { requests: 2 } }\n' });
  const { port, alice } = attacked;
  const status = () => statusOf(t, { port, certificate: alice, path: '/admin' });

  /** Takes a place, as soon as there is one. */
  async function hold(): Promise<TLSSocket> {
    for (let index = urls.size; ; index++) {
      const socket = await open(t, { port, certificate: alice });
      let isRefused = false;
      socket.on('data', () => {
        isRefused = true;
      });
      socket.write(POST.replace('waits', `held/${index}`));
      await until(() => urls.has(`/admin/held/${index}`) || isRefused);
      if (!isRefused) return socket;
      socket.destroy();
    }
  }

  for (const [name, end] of ENDS) {
    const before = begun;
    await end(t, attacked, () => until(() => begun > before));
    const held = [await hold(), await hold()];
    t.equal(await status(), 429, name);
    for (const socket of held) socket.destroy();
    await until(async () => (await status()) === 200);
  }
});
