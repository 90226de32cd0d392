// Only a plain WebSocket handshake turns a connection into a tunnel. Everything else that says `Upgrade` is a request like
// any other, or is refused, and what stands behind it is the next request and is judged.

import t from 'tap';
import { type Attacked, checkRefused, type RefusedRow, startAttacked } from '../kit/attacked.ts';
import { open, readUntil } from '../kit/client.ts';
import { headerOf, startUpstream } from '../kit/upstream.ts';
import { answerUpgrade, UPGRADE_FIELDS } from '../kit/websocket.ts';
import { readAnswers } from '../kit/wire.ts';

const KEY = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const HOST = 'Host: localhost\r\n';
const NEXT = `GET /admin HTTP/1.1\r\n${HOST}\r\n`;
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** Ignored: request, method and body that the upstream gets. */
const IGNORED: readonly (readonly [string, string, string])[] = [
  [
    'h2c',
    `GET /x HTTP/1.1\r\n${HOST}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n\r\n`,
    '',
  ],
  [
    'h2c with a body',
    `POST /x HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\nhello`,
    'hello',
  ],
  ['another protocol', `GET /x HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: foo\r\n\r\n`, ''],
  [
    'another protocol with a body',
    `POST /x HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: foo\r\nContent-Length: 5\r\n\r\nhello`,
    'hello',
  ],
  [
    'another protocol with chunks',
    `POST /x HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: foo\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    'hello',
  ],
  ['TLS', `OPTIONS /x HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n\r\n`, ''],
];

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

t.test('other protocols are not spoken', async (t) => {
  const { port, upstream } = await startBoth(t);
  for (const [name, bytes, body] of IGNORED) {
    const known = upstream.received.length;
    const socket = await open(t, { port });
    const answers = readAnswers(t, socket);
    socket.write(bytes + NEXT);
    const { status, body: text, headers } = await answers.next();
    t.match({ status, text }, { status: 200, text: 'answered /x' }, name);
    t.strictSame(headers.get('connection'), ['close']);
    t.equal(await answers.rest(), '', 'what stands behind it is neither sent on nor answered');
    t.equal(upstream.received.length, known + 1);
    t.equal(upstream.last().body.toString(), body);
    for (const gone of ['upgrade', 'http2-settings']) t.strictSame(headerOf(upstream.last(), gone), []);
  }
});

t.test('what names no protocol is a request like any other', async (t) => {
  const { port } = await startBoth(t);
  const socket = await open(t, { port });
  const answers = readAnswers(t, socket);
  socket.write(`GET /x HTTP/1.1\r\n${HOST}Connection: Upgrade\r\n\r\n${NEXT}`);
  t.equal((await answers.next()).status, 200);
  t.match(await answers.next(), { status: 403, body: /certificate-required/ }, 'the next one is judged');
});

t.test('nor is HTTP/2 behind one that was asked for', async (t) => {
  const { port, upstream } = await startBoth(t);
  const socket = await open(t, { port });
  const answers = readAnswers(t, socket);
  socket.write((IGNORED[0]?.[1] ?? '') + PREFACE);
  t.equal((await answers.next()).status, 200);
  t.equal(await answers.rest(), '');
  t.equal(upstream.received.length, 1);
});

const websocket = (line: string, fields: string, behind = '') =>
  `${line} HTTP/1.1\r\n${HOST}${fields}${KEY}\r\n${behind}`;
const ASKED = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';

const REFUSED: readonly RefusedRow[] = (
  [
    ['POST', websocket('POST /x', ASKED)],
    ['POST with a body', websocket('POST /x', `${ASKED}Content-Length: ${NEXT.length}\r\n`, NEXT)],
    ['GET with a body', websocket('GET /x', `${ASKED}Content-Length: ${NEXT.length}\r\n`, NEXT)],
    ['GET with chunks', websocket('GET /x', `${ASKED}Transfer-Encoding: chunked\r\n`, `0\r\n\r\n${NEXT}`)],
    ['HTTP/1.0', websocket('GET /x', ASKED).replace('HTTP/1.1', 'HTTP/1.0')],
    ['PUT', websocket('PUT /x', ASKED)],
    ['OPTIONS', websocket('OPTIONS /x', ASKED)],
    ['no Connection', websocket('GET /x', 'Upgrade: websocket\r\n', NEXT)],
    ['a Connection that says otherwise', websocket('GET /x', 'Connection: keep-alive\r\nUpgrade: websocket\r\n', NEXT)],
    ['two protocols', websocket('GET /x', 'Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n')],
    ['two protocols, the other way round', websocket('GET /x', 'Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n')],
    ['two fields', websocket('GET /x', `${ASKED}Upgrade: h2c\r\n`)],
    ['a version of the protocol', websocket('GET /x', 'Connection: Upgrade\r\nUpgrade: websocket/13\r\n')],
  ] as const
).map(([name, bytes]) => ({ name, bytes, code: 'request-invalid' }));

t.test('handshakes that are none', async (t) => {
  await checkRefused(t, await startBoth(t), REFUSED);
});
