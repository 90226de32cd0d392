// SNI decides which certificate is shown and which authorities gate 1 judges with; Host decides the site. Every spelling
// of a name leads to one site, an unknown name to none, and the two must agree (RFC 9110 7.4, CVE-2026-48928).

import t from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { open, send } from '../kit/client.ts';
import { sendHello, writeHello } from '../kit/hello.ts';
import { runClient } from '../kit/openssl.ts';

/** All of one length. */
const PLACEHOLDER = 'secure.test';
const SPELLINGS: readonly (readonly [string, string, boolean])[] = [
  ['the name', 'secure.test', true],
  ['upper case', 'SECURE.TEST', true],
  ['mixed case', 'sEcUrE.tEsT', true],
  ['another name that is known', 'localhost..', false],
  ['a NUL in the name', 'secure\0test', false],
  ['a NUL behind the name', 'localhost\0x', false],
  ['a space', 'secure test', false],
  ['a line feed', 'secure\ntest', false],
  ['a slash', 'secure/test', false],
  ['a percent escape', 'secure%2ete', false],
  ['a byte above 0x7f', 'secur\xe9.test', false],
  ['a wildcard', '*ecure.test', false],
  ['an empty label', 'secure..tes', false],
  ['a dot before it', '.ecure.test', false],
  ['an unknown name', 'secret.test', false],
  ['an address', '127.0.0.111', false],
  ['the property of an object', '__proto__.x', false],
];

t.test('server names as they stand on the wire', async (t) => {
  const { port } = await startAttacked(t);
  for (const [name, text, known] of SPELLINGS) {
    const outcome = await sendHello(t, port, await writeHello(t, PLACEHOLDER, text));
    if (known) t.equal(outcome, 'server hello', name);
    else t.not(outcome, 'server hello', name);
  }
  t.equal((await send(t, { port, path: '/public' })).status, 200, 'a good client is served after all of them');
});

t.test('a host is one site under every spelling of SNI and Host', async (t) => {
  const { port, alice, upstream } = await startAttacked(t);
  for (const servername of ['secure.test', 'SECURE.TEST', 'Secure.test', 'secure.test.', 'SECURE.TEST.']) {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const headers = { host: 'secure.test' };
      const allowed = await send(t, { port, servername, version, headers, certificate: alice });
      t.equal(allowed.status, 200, `${version} ${servername}`);
      const before = upstream.bytes();
      t.match(await send(t, { port, servername, version, headers }), { status: 403, text: /certificate-required/ });
      const elsewhere = await send(t, { port, servername, version, headers: { host: 'open.test' } });
      t.match(elsewhere, { status: 421, text: /host-mismatch/ });
      t.equal(upstream.bytes(), before);
    }
  }
});

t.test('a site of another host cannot be asked on a connection', async (t) => {
  const { port, alice, upstream } = await startAttacked(t);
  for (const servername of ['localhost', 'open.test']) {
    t.equal((await send(t, { port, servername, certificate: alice })).status, 200);
    const before = upstream.bytes();
    for (const certificate of [undefined, alice]) {
      const headers = { host: 'secure.test' };
      const refused = await send(t, { port, servername, headers, certificate });
      t.match(refused, { status: 421, text: /host-mismatch/ }, `${servername}, with a certificate or without`);
    }
    t.equal(upstream.bytes(), before);
  }
});

t.test('without SNI only what the default certificate covers is served', async (t) => {
  const sites = `
  - { hosts: [uncovered.test], trust: corporate, upstream: app, clientCertificate: ignore }
`;
  const { port, alice, upstream } = await startAttacked(t, { yaml: sites });
  const ask = (host: string, certificate = alice) =>
    send(t, { port, servername: null, headers: { host }, ...(certificate && { certificate }) });
  t.equal((await ask('secure.test')).status, 200);
  t.equal((await send(t, { port, servername: null, headers: { host: 'open.test' } })).status, 200);
  const before = upstream.bytes();
  const anonymous = await send(t, { port, servername: null, headers: { host: 'secure.test' } });
  t.match(anonymous, { status: 403, text: /certificate-required/ }, 'the site of Host decides');
  t.match(await ask('uncovered.test'), { status: 421, text: /host-mismatch/ });
  t.match(await ask('unknown.test'), { status: 421, text: /host-unknown/ });
  t.match(await ask('127.0.0.1'), { status: 421, text: /host-unknown/ });
  t.equal(upstream.bytes(), before);
});

t.test('names of no site end the handshake', async (t) => {
  const { port } = await startAttacked(t);
  t.ok(await open(t, { port, servername: 'open.test' }), 'a known one does not');
  for (const name of ['unknown.test', 'sub.open.test', 'test', `${'a'.repeat(63)}.${'b'.repeat(60)}.test`]) {
    await t.rejects(open(t, { port, servername: name }), name);
  }
  for (const name of ['127.0.0.1', '::1', '[::1]', '*', '*.test', 'a'.repeat(255)]) {
    t.notMatch(await runClient(t, port, ['-servername', name]), 'BEGIN CERTIFICATE', `s_client with ${name}`);
  }
  t.match(await runClient(t, port, ['-servername', 'open.test']), 'BEGIN CERTIFICATE', 's_client with a known one');
});
