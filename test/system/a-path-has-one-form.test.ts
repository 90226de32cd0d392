// Policy and upstream see one and the same path (design rule 5): a request is refused, or its path reaches the upstream
// exactly in its canonical form, and never under a rule that it escaped. Plain requests and WebSocket handshakes alike.

import t, { type Test } from 'tap';
import { type Attacked, startAttacked } from '../kit/attacked.ts';
import { type ClientOptions, open } from '../kit/client.ts';
import { identityHeadersOf, NOBODY, writeIdentity } from '../kit/identity.ts';
import { startUpstream } from '../kit/upstream.ts';
import { answerUpgrade, UPGRADE_FIELDS } from '../kit/websocket.ts';
import { readAnswers } from '../kit/wire.ts';

/** Under the rule of `/`, which accepts: what the client sends, and what the upstream gets. */
const OPEN: readonly (readonly [string, string])[] = [
  ['/', '/'],
  ['/x', '/x'],
  ['/x/', '/x/'],
  ['/x/y.z', '/x/y.z'],
  ['/.well-known/x', '/.well-known/x'],
  ['/..x/...y', '/..x/...y'],
  ['/%61bc', '/abc'],
  ['/%41%7E%2d%5F', '/A~-_'],
  ['/a%20b', '/a%20b'],
  ['/a%2bb', '/a%2bb'],
  ['/%C3%A4', '/%C3%A4'],
  ['/%c3%a4', '/%c3%a4'],
  ["/!$&'()*+,=:@", "/!$&'()*+,=:@"],
  ['/administrator', '/administrator'],
  ['/admi', '/admi'],
  ['/x/admin', '/x/admin'],
  ['/admin%20x', '/admin%20x'],
  ['/admin_', '/admin_'],
  ['/__proto__', '/__proto__'],
];

/** Under `/admin`, which requires. */
const REQUIRED: readonly (readonly [string, string])[] = [
  ['/admin', '/admin'],
  ['/admin/', '/admin/'],
  ['/admin/x', '/admin/x'],
  ['/ADMIN', '/ADMIN'],
  ['/aDmIn/x', '/aDmIn/x'],
  ['/%61dmin', '/admin'],
  ['/%61%64%6d%69%6e/x', '/admin/x'],
  ['/%41dmin', '/Admin'],
  ['/adm%C4%B1n', '/adm%C4%B1n'],
  ['/%2561dmin', '/%2561dmin'],
];

const INVALID: readonly string[] = [
  '/.',
  '/..',
  '/./admin',
  '/../admin',
  '/x/.',
  '/x/..',
  '/x/../admin',
  '/x/./y',
  '/public/../admin',
  '/public/../../admin',
  '/public/..',
  '/x/...',
  '/x%2ey',
  '/%2ex',
  '/%2e/admin',
  '/%2E/admin',
  '/%2e%2e/admin',
  '/.%2e/admin',
  '/public/%2e%2e/admin',
  '/public/..%2fadmin',
  '/public/%2e%2e%2fadmin',
  '/public/..%5cadmin',
  '/public/..\\admin',
  '/.\\admin',
  '/\\admin',
  '/x\\admin',
  '/public\\..\\admin',
  '/%5cadmin',
  '/%5Cadmin',
  '//admin',
  '///admin',
  '/x//admin',
  '/admin//x',
  '/x//',
  '/%2fadmin',
  '/%2Fadmin',
  '/admin%2fx',
  '/public%2f..%2fadmin',
  '/%252e%252e/admin',
  '/%252e/admin',
  '/public/%252e%252e%252fadmin',
  '/admin%2520',
  '/admin%252e',
  '/admin%00',
  '/admin%00/x',
  '/admin%00.html',
  '/admin%0a',
  '/admin%0d%0aX:%20y',
  '/admin%09',
  '/admin%1f',
  '/admin%7f',
  '/admin.',
  '/admin./x',
  '/admin..',
  '/admin%20',
  '/admin%20/x',
  '/admin::$DATA',
  '/admin::$INDEX_ALLOCATION/x',
  '/admin;x=1',
  '/admin;/x',
  '/admin;',
  '/;/admin',
  '/public;/../admin',
  '/public/..;/admin',
  '/x#y',
  '/admin#f',
  '/#/admin',
  '/x?y#z',
  '/%',
  '/%2',
  '/%zz',
  '/admin%',
  '/%u0061dmin',
  '/%ff',
  '/%c0%af',
  '/%c0%afadmin',
  '/%c0%ae%c0%ae/admin',
  '/%e0%80%af',
  '/%ed%a0%80',
  '/%f8%88%80%80%80',
  '/%C3',
  '/%C3/%A4',
];

async function ask(t: Test, { port }: Attacked, path: string, upgrade: boolean, client: Partial<ClientOptions> = {}) {
  const socket = await open(t, { port, ...client });
  const answers = readAnswers(t, socket);
  const fields = upgrade ? UPGRADE_FIELDS : 'Connection: close\r\n';
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`, 'latin1');
  const answer = await answers.next();
  socket.destroy();
  return answer;
}

for (const upgrade of [false, true]) {
  t.test(upgrade ? 'a WebSocket handshake' : 'a plain request', async (t) => {
    const upstream = await startUpstream(t, { onUpgrade: answerUpgrade });
    const attacked = await startAttacked(t, { upstream });
    const { alice } = attacked;
    const passed = upgrade ? 101 : 200;
    const nameOfAlice = writeIdentity(alice, 'CN=alice');

    for (const [path, canonical] of OPEN) {
      t.equal((await ask(t, attacked, path, upgrade)).status, passed, path);
      t.equal(upstream.last().url, canonical);
      t.strictSame(identityHeadersOf(upstream.last()), NOBODY);
    }
    for (const [path, canonical] of REQUIRED) {
      t.equal((await ask(t, attacked, path, upgrade, { certificate: alice })).status, passed, `${path} with`);
      t.equal(upstream.last().url, canonical);
      t.strictSame(identityHeadersOf(upstream.last()), nameOfAlice);
      const before = upstream.bytes();
      const refused = await ask(t, attacked, path, upgrade);
      t.match(refused, { status: 403, body: /certificate-required/ }, `${path} without`);
      t.equal(upstream.bytes(), before);
    }
    for (const path of INVALID) {
      for (const certificate of [undefined, alice]) {
        const before = upstream.bytes();
        const refused = await ask(t, attacked, path, upgrade, { certificate });
        t.match(refused, { status: 400, body: /path-invalid/ }, `${path} ${certificate ? 'with' : 'without'}`);
        t.equal(upstream.bytes(), before);
      }
    }
  });
}

/** The parser of HTTP refuses these before a path is read. */
const NO_TARGET: readonly string[] = [
  'x',
  'admin',
  '/a b',
  '/a\tb',
  '/\0',
  '/admin\x01',
  '/admin\xe9',
  '/\x7fadmin',
  '',
];

t.test('what is no target at all', async (t) => {
  const attacked = await startAttacked(t);
  for (const path of NO_TARGET) {
    const { status } = await ask(t, attacked, path, false);
    t.ok(status === 400 || status === 505, `${JSON.stringify(path)} is ${status}`);
  }
  t.equal(attacked.upstream.bytes(), 0);
});

const QUERIES: readonly string[] = [
  '?',
  '??',
  '?a=1&&b=&=c&',
  '?a+b=%20%2B',
  '?%',
  '?%zz%',
  '?%00%0d%0a',
  '?../../admin',
  '?/../admin//x',
  '?;x',
  '?"<>\\^`{|}',
  '?a=b?c=d',
  `?${'x'.repeat(4000)}`,
];

t.test('a query passes byte for byte', async (t) => {
  const attacked = await startAttacked(t);
  for (const query of QUERIES) {
    t.equal((await ask(t, attacked, `/%78${query}`, false)).status, 200, query.slice(0, 40));
    t.equal(attacked.upstream.last().url, `/x${query}`);
    const refused = await ask(t, attacked, `/admin${query}`, false);
    t.match(refused, { status: 403, body: /certificate-required/ });
  }
  t.equal(attacked.upstream.received.length, QUERIES.length);
});
