// Host must be there once and be plainly a name or an address: whatever two readers could take for two hosts is refused
// (RFC 9112 3.2, 3.2.2). What is accepted reaches the upstream in one spelling.

import t from 'tap';
import { checkRefused, type RefusedRow, startAttacked } from '../kit/attacked.ts';
import { open } from '../kit/client.ts';
import { headerOf } from '../kit/upstream.ts';
import { readAnswers } from '../kit/wire.ts';

const get = (...hosts: readonly string[]) =>
  `GET /x HTTP/1.1\r\n${hosts.map((host) => `Host:${host}\r\n`).join('')}Connection: keep-alive\r\n\r\n`;

/** Text behind `Host:`, and what the upstream gets. */
const ACCEPTED: readonly (readonly [string, string])[] = [
  [' localhost', 'localhost'],
  ['localhost', 'localhost'],
  [' LocalHost', 'localhost'],
  [' localhost.', 'localhost'],
  [' LOCALHOST.:443', 'localhost'],
  [' localhost:443', 'localhost'],
  [' localhost:00443', 'localhost'],
  [' localhost:8443', 'localhost:8443'],
  ['\t localhost \t', 'localhost'],
];

t.test('plain hosts are accepted in every spelling', async (t) => {
  const { port, upstream } = await startAttacked(t);
  for (const [host, canonical] of ACCEPTED) {
    const socket = await open(t, { port });
    const answers = readAnswers(t, socket);
    socket.write(get(host));
    t.equal((await answers.next()).status, 200, JSON.stringify(host));
    const received = upstream.received.at(-1);
    t.strictSame(received && headerOf(received, 'host'), [canonical]);
    t.strictSame(received && headerOf(received, 'x-forwarded-host'), [canonical]);
  }
});

const INVALID: readonly RefusedRow[] = (
  [
    ['none', []],
    ['two that are equal', [' localhost', ' localhost']],
    ['two that differ', [' localhost', ' secure.test']],
    ['two that differ, the other way round', [' secure.test', ' localhost']],
    ['an empty one', ['']],
    ['white space', [' \t ']],
    ['userinfo', [' user@localhost']],
    ['userinfo that looks like a host', [' localhost@secure.test']],
    ['a list', [' localhost, secure.test']],
    ['a list of equals', [' localhost,localhost']],
    ['two with a space between', [' localhost secure.test']],
    ['two with a tab between', [' localhost\tsecure.test']],
    ['a port that is missing', [' localhost:']],
    ['port 0', [' localhost:0']],
    ['a port beyond the last', [' localhost:65536']],
    ['a port with letters', [' localhost:44x']],
    ['a port with a sign', [' localhost:+443']],
    ['two ports', [' localhost:443:443']],
    ['a port before the name', [' :443']],
    ['an escape', [' local%68ost']],
    ['an escaped NUL', [' localhost%00.secure.test']],
    ['a path', [' localhost/']],
    ['a path to another host', [' localhost/secure.test']],
    ['a backslash', [' localhost\\secure.test']],
    ['a query', [' localhost?secure.test']],
    ['a fragment', [' localhost#secure.test']],
    ['a scheme', [' https://localhost']],
    ['two dots at the end', [' localhost..']],
    ['a dot before it', [' .localhost']],
    ['an empty label', [' secure..test']],
    ['a wildcard', [' *']],
    ['a wildcard with a name', [' *.test']],
    ['quotes', [' "localhost"']],
    ['a byte above 0x7f', [' localhost\xff']],
    ['UTF-8', [' \xc4\xb1ocalhost']],
    ['a semicolon', [' localhost;secure.test']],
    ['a bracket that stays open', [' [::1']],
    ['a bracket that was never open', [' ::1]']],
    ['an IPv6 address without brackets', [' ::1']],
    ['an IPv6 address with a zone', [' [fe80::1%25eth0]']],
    ['something behind an IPv6 address', [' [::1]x']],
    ['a name in brackets', [' [localhost]']],
    ['a label of 64 letters', [` ${'a'.repeat(64)}.test`]],
    ['a name of 300 letters', [` ${'a.'.repeat(150)}test`]],
    ['a NUL', [' localhost\0']],
    ['a folded line', [' localhost\r\n secure.test']],
    ['a lone line feed', [' localhost\nX: y']],
    ['a lone carriage return', [' localhost\rX: y']],
  ] as const
).map(([name, hosts]) => ({ name, bytes: get(...hosts), code: 'request-invalid' }));

const MORE_INVALID: readonly RefusedRow[] = [
  {
    name: 'a space before the colon',
    bytes: 'GET /x HTTP/1.1\r\nHost : localhost\r\n\r\n',
    code: 'request-invalid',
  },
  {
    name: 'another spelling of the name',
    bytes: 'GET /x HTTP/1.1\r\nHost_: localhost\r\n\r\n',
    code: 'request-invalid',
  },
  { name: 'none on HTTP/1.0', bytes: 'GET /x HTTP/1.0\r\n\r\n', code: 'request-invalid' },
  {
    name: 'two of different case',
    bytes: 'GET /x HTTP/1.1\r\nHost: localhost\r\nHOST: secure.test\r\n\r\n',
    code: 'request-invalid',
  },
];

const ELSEWHERE: readonly RefusedRow[] = (
  [
    ['another site', ' secure.test', 'host-mismatch'],
    ['another site in upper case', ' SECURE.TEST', 'host-mismatch'],
    ['another site with a dot', ' secure.test.', 'host-mismatch'],
    ['another site with a port', ' secure.test:443', 'host-mismatch'],
    ['a site that asks for nothing', ' open.test', 'host-mismatch'],
    ['a host that is not served', ' unknown.test', 'host-unknown'],
    ['a suffix of a host', ' localhost.unknown.test', 'host-unknown'],
    ['a name below a host', ' sub.localhost', 'host-unknown'],
    ['an IPv4 address', ' 127.0.0.1', 'host-unknown'],
    ['an IPv6 address', ' [::1]', 'host-unknown'],
    ['the property of an object', ' __proto__', 'host-unknown'],
    ['the other property of an object', ' constructor', 'host-unknown'],
  ] as const
).map(([name, host, code]) => ({ name, bytes: get(host), code, goesOn: true }));

/** RFC 9112 3.2.2: the authority of an absolute target counts, and not Host. Nobody needs that form here. */
const TARGETS: readonly RefusedRow[] = [
  ['an absolute target', 'GET https://localhost/x'],
  ['an absolute target without TLS', 'GET http://localhost/x'],
  ['an absolute target of another host', 'GET https://secure.test/admin'],
  ['an absolute target in upper case', 'GET HTTPS://LOCALHOST/x'],
  ['an absolute target without a path', 'GET https://localhost'],
  ['a target without a scheme', 'GET //secure.test/admin'],
  ['an asterisk', 'OPTIONS *'],
  ['an asterisk with GET', 'GET *'],
].map(([name = '', line = '']) => ({
  name,
  bytes: `${line} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  code: 'path-invalid',
  goesOn: true,
}));

t.test('everything else is refused', async (t) => {
  await checkRefused(t, await startAttacked(t), [...INVALID, ...MORE_INVALID, ...ELSEWHERE, ...TARGETS]);
});

t.test('no target and no host leads to an address that the client chose', async (t) => {
  const attacked = await startAttacked(t);
  const canary = `127.0.0.1:${attacked.canary.port}`;
  const closing = 'Connection: close\r\n\r\n';
  await checkRefused(t, attacked, [
    {
      name: 'an absolute target',
      bytes: `GET http://${canary}/x HTTP/1.1\r\nHost: localhost\r\n${closing}`,
      code: 'path-invalid',
    },
    { name: 'a host', bytes: `GET /x HTTP/1.1\r\nHost: ${canary}\r\n${closing}`, code: 'host-unknown' },
    { name: 'CONNECT', bytes: `CONNECT ${canary} HTTP/1.1\r\nHost: ${canary}\r\n\r\n`, code: 'method-not-supported' },
  ]);
  t.equal(attacked.canary.hits(), 0);
});
