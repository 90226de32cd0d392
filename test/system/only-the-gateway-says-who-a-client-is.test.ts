// A service behind the gateway believes the identity headers, and so nobody else may send them: not in any spelling that
// a service may fold to the same name, not in trailers, not where no certificate is asked for (design rule 6).

import t, { type Test } from 'tap';
import { FORMATS } from '../../src/headers/formats.ts';
import { type Attacked, startAttacked } from '../kit/attacked.ts';
import { open } from '../kit/client.ts';
import { identityHeadersOf, NOBODY, writeIdentity } from '../kit/identity.ts';
import type { TestCertificate } from '../kit/pki.ts';
import { headerOf, type Received, startUpstream } from '../kit/upstream.ts';
import { answerUpgrade, UPGRADE_FIELDS } from '../kit/websocket.ts';
import { readAnswers } from '../kit/wire.ts';

/** Every format writes something, and there is a header of the operator's own. */
const UPSTREAM = 'identityHeaders: [x-client, { X-User: subject.cn }]';

const NAMES = [
  ...Object.values(FORMATS).flatMap(({ headers }) => headers.map(({ name }) => name)),
  ...Object.values(FORMATS).flatMap(({ families }) => families),
  ...['X-User', 'X-Client-DN', 'X-Client-Roles', 'X-Client-Token', 'X-SSL-Client-Cert', 'X-SSL-Client-SHA1'],
  ...['SSL-Client-S-DN', 'SSL-Client-Verify', 'X-ARR-SSL', 'MS-ASPNETCORE-CLIENTCERT', 'Client-Cert-Chain'],
  ...['X-Forwarded-User', 'X-Pomerium-Claim-Email', 'Cert-Subject', 'X-Cert-Whatever'],
];

const SPELLINGS: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => name.toLowerCase(),
  (name) => name.toUpperCase(),
  (name) => name.replaceAll('-', '_'),
  (name) => name.toUpperCase().replaceAll('-', '_'),
  (name) => name.replaceAll('-', '.'),
  (name) => name.replace('-', '_'),
  (name) => name.replace(/-(?=[^-]*$)/, '.'),
  (name) => [...name].map((c, n) => (n % 2 ? c.toUpperCase() : c.toLowerCase())).join(''),
];

const ALL = [...new Set(NAMES.flatMap((name) => SPELLINGS.map((spell) => spell(name))))];
/** As many as one head may have. */
const BATCHES = Map.groupBy(ALL, (name) => Math.floor(ALL.indexOf(name) / 80));

const ofAlice = (alice: TestCertificate) => [...writeIdentity(alice, 'CN=alice'), 'X-User', 'alice'];

/** Path, with which certificate, and whether the upstream is told who it is. */
const CASES: readonly (readonly [string, 'alice' | 'nobody', boolean])[] = [
  ['/admin', 'alice', true],
  ['/x', 'alice', true],
  ['/x', 'nobody', false],
  ['/public', 'alice', false],
  ['/public', 'nobody', false],
];

async function ask(t: Test, { port }: Attacked, bytes: string, certificate?: TestCertificate) {
  const socket = await open(t, { port, certificate });
  const answers = readAnswers(t, socket);
  socket.write(bytes, 'latin1');
  const answer = await answers.next();
  socket.destroy();
  return answer;
}

function checkSeen(t: Test, received: Received, expected: readonly string[]): void {
  t.strictSame(identityHeadersOf(received), expected, 'the upstream sees ours, all of them and nothing else');
  const spoofed = [...received.rawHeaders, ...received.trailers].filter((text) => text.includes('spoofed'));
  t.strictSame(spoofed, [], 'and nothing that the client made up');
}

for (const [path, who, known] of CASES) {
  t.test(`${path} as ${who}`, async (t) => {
    const upstream = await startUpstream(t, { onUpgrade: answerUpgrade });
    const attacked = await startAttacked(t, { upstream, upstreamOptions: UPSTREAM });
    const certificate = who === 'alice' ? attacked.alice : undefined;
    const expected = known ? ofAlice(attacked.alice) : NOBODY;
    for (const names of BATCHES.values()) {
      const spoofed = names.map((name) => `${name}: spoofed\r\n`).join('');

      const get = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${spoofed}X-Plain: kept\r\n\r\n`;
      t.equal((await ask(t, attacked, get, certificate)).status, 200, 'in the head');
      checkSeen(t, upstream.last(), expected);
      t.strictSame(headerOf(upstream.last(), 'x-plain'), ['kept']);

      const post = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n`;
      const trailers = `1\r\nx\r\n0\r\n${spoofed}X-Sum: kept\r\n\r\n`;
      t.equal((await ask(t, attacked, post + trailers, certificate)).status, 200, 'in trailers');
      checkSeen(t, upstream.last(), expected);
      t.strictSame(upstream.last().trailers, ['X-Sum', 'kept']);

      const upgrade = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${UPGRADE_FIELDS}${spoofed}\r\n`;
      t.equal((await ask(t, attacked, upgrade, certificate)).status, 101, 'in a WebSocket handshake');
      checkSeen(t, upstream.last(), expected);
    }
  });
}

t.test('Connection cannot take ours away', async (t) => {
  const upstream = await startUpstream(t, { onUpgrade: answerUpgrade });
  const attacked = await startAttacked(t, { upstream, upstreamOptions: UPSTREAM });
  const expected = ofAlice(attacked.alice);
  const names = expected.filter((_, index) => index % 2 === 0);
  const ours = ['Host', 'X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Request-Id'];
  const all = [...names, ...ours, ...names.map((name) => name.replaceAll('-', '_'))].join(', ');
  for (const connection of [`close, ${all}`, `${all}, keep-alive`, all.toLowerCase(), `close\r\nConnection: ${all}`]) {
    const get = `GET /admin HTTP/1.1\r\nHost: localhost\r\nConnection: ${connection}\r\nX-Own: x\r\n\r\n`;
    t.equal((await ask(t, attacked, get, attacked.alice)).status, 200);
    const received = upstream.last();
    checkSeen(t, received, expected);
    for (const name of ours) t.equal(headerOf(received, name).length, 1, name);
  }
  const upgrade = `${UPGRADE_FIELDS.replace('Connection: Upgrade', `Connection: Upgrade, ${all}`)}\r\n`;
  const answer = await ask(t, attacked, `GET /admin HTTP/1.1\r\nHost: localhost\r\n${upgrade}`, attacked.alice);
  t.equal(answer.status, 101);
  checkSeen(t, upstream.last(), expected);
});

t.test('headers of one connection stay on it', async (t) => {
  const attacked = await startAttacked(t);
  const fields = [
    'Connection: close, X-Mine',
    'X-Mine: x',
    'Keep-Alive: timeout=5',
    'Proxy-Connection: keep-alive',
    'Proxy-Authorization: Basic x',
    'Proxy: http://evil.test',
    'TE: gzip',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA',
    'X-Plain: kept',
  ].join('\r\n');
  t.equal((await ask(t, attacked, `GET /x HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n\r\n`)).status, 200);
  const [received] = attacked.upstream.received;
  const names = received?.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()) ?? [];
  for (const name of ['x-mine', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'proxy', 'te', 'upgrade']) {
    t.notOk(names.includes(name), name);
  }
  t.notOk(names.includes('http2-settings'));
  t.ok(names.includes('x-plain'));
});
