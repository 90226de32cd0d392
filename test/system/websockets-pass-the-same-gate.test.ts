// A WebSocket handshake is judged as a plain request is: rules, identity, refusals. Its bytes go both ways, and nowhere when
// it is refused.

import t, { type Test } from 'tap';
import { type Attacked, startAttacked } from '../kit/attacked.ts';
import { type ClientOptions, open, readUntil } from '../kit/client.ts';
import { identityHeadersOf, NOBODY, writeIdentity } from '../kit/identity.ts';
import { headerOf, startUpstream } from '../kit/upstream.ts';
import { answerUpgrade, UPGRADE_FIELDS } from '../kit/websocket.ts';
import { readAnswers } from '../kit/wire.ts';

async function startBoth(t: Test): Promise<Attacked> {
  const upstream = await startUpstream(t, { onUpgrade: answerUpgrade });
  return startAttacked(t, { upstream });
}

interface Handshake extends Partial<ClientOptions> {
  readonly path?: string;
  readonly host?: string;
  /** Lines, each with its end. */
  readonly fields?: string;
}

async function shakeHands(
  t: Test,
  { port }: Attacked,
  { path = '/x', host = 'localhost', fields = '', ...client }: Handshake,
) {
  const socket = await open(t, { port, ...client });
  const answers = readAnswers(t, socket);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${UPGRADE_FIELDS}${fields}\r\n`, 'latin1');
  return { socket, answers, answer: await answers.next() };
}

t.test('a refused handshake gets the refusal of a plain request, and no tunnel', async (t) => {
  const attacked = await startBoth(t);
  const { upstream, alice, gateway } = attacked;
  const stranger = gateway.pki.foreign.client({ cn: 'alice' });
  const rows: readonly (readonly [Handshake, number, string])[] = [
    [{ path: '/admin' }, 403, 'certificate-required'],
    [{ path: '/ADMIN/x' }, 403, 'certificate-required'],
    [{ path: '/%61dmin' }, 403, 'certificate-required'],
    [{ path: '/x', certificate: stranger }, 403, 'certificate-untrusted'],
    [{ path: '/x/../admin', certificate: alice }, 400, 'path-invalid'],
    [{ host: 'secure.test', certificate: alice }, 421, 'host-mismatch'],
    [{ host: 'secure.test', servername: 'secure.test' }, 403, 'certificate-required'],
    [{ host: 'unknown.test' }, 421, 'host-unknown'],
  ];
  const allowed = await shakeHands(t, attacked, { path: '/admin', certificate: alice });
  t.equal(allowed.answer.status, 101);
  const before = upstream.bytes();
  for (const [handshake, status, code] of rows) {
    const { answer, answers, socket } = await shakeHands(t, attacked, handshake);
    t.match(answer, { status, body: new RegExp(code) }, `${JSON.stringify(handshake.path)} ${code}`);
    t.strictSame(answer.headers.get('content-type'), ['application/problem+json']);
    t.strictSame(answer.headers.get('connection'), ['close']);
    socket.write('GET /public HTTP/1.1\r\nHost: localhost\r\n\r\n');
    t.equal(await answers.rest(), '');
  }
  t.equal(upstream.bytes(), before);
});

t.test('bytes behind a refused handshake go nowhere', async (t) => {
  const attacked = await startBoth(t);
  const socket = await open(t, { port: attacked.port });
  const answers = readAnswers(t, socket);
  const next = 'GET /public HTTP/1.1\r\nHost: localhost\r\n\r\n';
  socket.write(`GET /admin HTTP/1.1\r\nHost: localhost\r\n${UPGRADE_FIELDS}\r\n${next}`);
  t.equal((await answers.next()).status, 403);
  t.equal(await answers.rest(), '');
  t.equal(attacked.upstream.bytes(), 0);
});

t.test('the upstream is told who it is, and the tunnel carries bytes both ways', async (t) => {
  const attacked = await startBoth(t);
  const { upstream, alice } = attacked;
  for (const [path, certificate, expected] of [
    ['/admin?a=%zz', alice, writeIdentity(alice, 'CN=alice')],
    ['/x', alice, writeIdentity(alice, 'CN=alice')],
    ['/x', undefined, NOBODY],
    ['/public', alice, NOBODY],
  ] as const) {
    const fields = 'X_Client_Verify: SUCCESS\r\nX-Client-Subject: CN=root\r\nAuthorization: kept\r\nCookie: kept\r\n';
    const { answer, socket } = await shakeHands(t, attacked, { path, certificate, fields });
    t.equal(answer.status, 101, path);
    const received = upstream.last();
    t.equal(received.url, path);
    t.strictSame(identityHeadersOf(received), expected);
    for (const name of ['authorization', 'cookie']) t.strictSame(headerOf(received, name), ['kept']);
    t.strictSame(headerOf(received, 'x-forwarded-for'), ['127.0.0.1']);
    t.strictSame(headerOf(received, 'sec-websocket-key').length, 1);
    const echoed = readUntil(socket, (text) => text.length >= 5);
    socket.write('hello');
    t.equal(await echoed, 'hello');
    socket.destroy();
  }
});

t.test('bytes sent before the answer reach the upstream behind the handshake', async (t) => {
  const { port } = await startBoth(t);
  const socket = await open(t, { port });
  const answers = readAnswers(t, socket);
  socket.write(`GET /x HTTP/1.1\r\nHost: localhost\r\n${UPGRADE_FIELDS}\r\nearly`);
  t.equal((await answers.next()).status, 101);
  t.equal(await answers.more(5), 'early');
});
