// Identity headers in an upstream's answer do not reach the client, and neither do those of the connection to it.

import type { ServerResponse } from 'node:http';
import t from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { open, send } from '../kit/client.ts';
import { startUpstream } from '../kit/upstream.ts';
import { UPGRADE_FIELDS } from '../kit/websocket.ts';
import { readAnswers } from '../kit/wire.ts';

const IDENTITY = [
  ...['X-Client-Verify', 'x_client_subject', 'X-CLIENT-FINGERPRINT', 'Client-Cert', 'X-ARR-ClientCert', 'X-User'],
  ...['X-SSL-Client-S-DN', 'ssl-client-verify', 'X-Forwarded-Client-Cert', 'X.Client.Cert', 'x_user'],
];

function answerWithIdentity(response: ServerResponse): void {
  for (const name of IDENTITY) response.setHeader(name, 'leak');
  response.setHeader('Connection', 'close, X-Hop');
  response.setHeader('X-Hop', 'leak');
  response.setHeader('Proxy-Authenticate', 'leak');
  response.setHeader('Set-Cookie', ['a=1', 'b=2']);
  response.setHeader('X-Plain', 'kept');
  response.setHeader('Trailer', 'X-Sum');
  response.write('body');
  response.addTrailers([...IDENTITY.map((name): [string, string] => [name, 'leak']), ['X-Sum', 'kept']]);
  response.end();
}

t.test('plain answers, and their trailers', async (t) => {
  const upstream = await startUpstream(t, { answer: (_, response) => answerWithIdentity(response) });
  const { port, alice } = await startAttacked(t, {
    upstream,
    upstreamOptions: 'identityHeaders: [{ X-User: subject.cn }]',
  });
  for (const [path, certificate] of [
    ['/admin', alice],
    ['/x', undefined],
    ['/public', undefined],
  ] as const) {
    const answer = await send(t, { port, path, certificate });
    t.equal(answer.status, 200);
    t.notOk(answer.rawHeaders.includes('leak'), `${path}: ${answer.rawHeaders}`);
    t.match(answer.headers, { 'x-plain': 'kept', 'set-cookie': ['a=1', 'b=2'] });

    const socket = await open(t, { port, certificate });
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nTE: trailers\r\nConnection: close\r\n\r\n`);
    await new Promise((resolve) => socket.once('close', resolve));
    t.match(text, /\r\nX-Sum: kept\r\n/, 'an ordinary trailer passes');
    t.notMatch(text, 'leak');
  }
});

t.test('the answer to a WebSocket handshake', async (t) => {
  const upstream = await startUpstream(t, {
    onUpgrade(_, socket) {
      const identity = IDENTITY.map((name) => `${name}: leak\r\n`).join('');
      // RFC 6455 1.3: the answer to the key that the client sends here.
      const accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
      const fields = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\nX-Plain: kept\r\n`;
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}${identity}\r\n`);
    },
  });
  const { port } = await startAttacked(t, { upstream, upstreamOptions: 'identityHeaders: [{ X-User: subject.cn }]' });
  const socket = await open(t, { port });
  const answers = readAnswers(t, socket);
  socket.write(`GET /x HTTP/1.1\r\nHost: localhost\r\n${UPGRADE_FIELDS}\r\n`);
  const { status, headers } = await answers.next();
  t.equal(status, 101);
  t.strictSame(headers.get('x-plain'), ['kept']);
  t.notMatch(JSON.stringify([...headers]), 'leak');
});
