// `onRefusal: close` and `handshake`: no answer, no bytes; a good certificate does not notice.

import { connect } from 'node:tls';
import t, { type Test } from 'tap';
import { type ClientOptions, checkRefusal, open, readAll, send, tlsOptions } from '../kit/client.ts';
import { type GatewayOptions, makePki, startTestGateway } from '../kit/gateway.ts';
import { startUpstream } from '../kit/upstream.ts';
import { openWebSocket } from '../kit/websocket-client.ts';

async function start(t: Test, sites: string, options: Partial<GatewayOptions> = {}) {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { upstreamPort: upstream.port, yaml: `sites:\n${sites}`, ...options });
  const { issuing, foreign } = gateway.pki;
  return { gateway, upstream, alice: issuing.client({ cn: 'alice' }), stranger: foreign.client({ cn: 'alice' }) };
}

/** All bytes that come back. */
async function bytesFor(t: Test, options: ClientOptions, path: string): Promise<string> {
  const socket = await open(t, options);
  const all = readAll(socket);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  return all;
}

t.test('close', async (t) => {
  const { gateway, upstream, alice, stranger } = await start(
    t,
    `
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: accept
    paths:
      /admin: { clientCertificate: require, onRefusal: close }
      /admin/told: { onRefusal: respond }
`,
  );
  const { port } = gateway;
  t.equal((await send(t, { port, certificate: alice, path: '/admin' })).status, 200);
  const before = upstream.bytes();
  for (const [certificate, code] of [
    [undefined, 'certificate-required'],
    [stranger, 'certificate-untrusted'],
  ] as const) {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      t.equal(await bytesFor(t, { port, certificate, version }, '/admin'), '', 'no bytes');
      t.match(gateway.requests().at(-1), { status: 0, decision: 'deny', code, rule: 'localhost/admin' });
    }
    checkRefusal(t, await send(t, { port, certificate, path: '/admin/told' }), code);
    await t.rejects(openWebSocket(t, { port, certificate, path: '/admin' }), 'an upgrade ends the same way');
  }
  t.equal(upstream.bytes(), before);
  checkRefusal(t, await send(t, { port, path: '/admin;x' }), 'path-invalid');
  checkRefusal(t, await send(t, { port, certificate: stranger }), 'certificate-untrusted');
});

const HANDSHAKE = `
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: require
    onRefusal: handshake
    paths:
      /only-bob: { allow: [{ subject: { CN: bob } }] }
`;

t.test('handshake', async (t) => {
  const { gateway, upstream, alice, stranger } = await start(t, HANDSHAKE);
  const { port } = gateway;
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    t.equal((await send(t, { port, certificate: alice, version })).status, 200);
    const before = [upstream.bytes(), gateway.requests().length];
    for (const certificate of [undefined, stranger]) {
      // With TLS 1.2 the end may come before the client has seen the handshake through.
      const socket = connect(tlsOptions({ port, certificate, version })).on('error', () => {});
      t.equal(await readAll(socket), '', 'it ends without a request, and without bytes');
    }
    t.strictSame([upstream.bytes(), gateway.requests().length], before, 'no request was read');
  }
  const ended = gateway.lines.filter(({ message }) => message === 'a connection was ended after the handshake');
  t.equal(ended.length, 4);
  t.match(ended, [{ clientAddress: '127.0.0.1', host: 'localhost' }]);
});

t.test('handshake: what hangs on the path is decided with the request', async (t) => {
  const { gateway, alice } = await start(t, HANDSHAKE);
  const { port, pki } = gateway;
  const bob = pki.issuing.client({ cn: 'bob' });
  t.equal((await send(t, { port, certificate: bob, path: '/only-bob' })).status, 200);
  t.equal(await bytesFor(t, { port, certificate: alice }, '/only-bob'), '');
  t.match(gateway.requests().at(-1), { status: 0, code: 'certificate-not-allowed', rule: 'localhost/only-bob' });
});

t.test('handshake: without SNI the site is known with the request only', async (t) => {
  const { gateway, alice } = await start(t, HANDSHAKE);
  const { port } = gateway;
  const asked = { port, servername: null, headers: { host: 'localhost' } };
  t.equal((await send(t, { ...asked, certificate: alice })).status, 200);
  t.equal(await bytesFor(t, { port, servername: null }, '/'), '');
  t.match(gateway.requests().at(-1), { status: 0, code: 'certificate-required' });
});

t.test('handshake: another site of the same address answers', async (t) => {
  const other = '  - { hosts: [other.test], trust: corporate, upstream: app, clientCertificate: require }\n';
  const { gateway } = await start(t, HANDSHAKE + other, { serverNames: ['localhost', 'other.test'] });
  checkRefusal(t, await send(t, { port: gateway.port, servername: 'other.test' }), 'certificate-required');
});

t.test('handshake: every store of the site may be the one that is meant', async (t) => {
  const pki = makePki();
  const { gateway, alice, stranger } = await start(
    t,
    `${HANDSHAKE}      /partners: { trust: { anchors: [foreign.pem], revocation: { mode: "off" } } }\n`,
    { pki, files: { 'foreign.pem': pki.foreign.pem } },
  );
  const { port } = gateway;
  for (const [certificate, good, bad] of [
    [alice, '/', '/partners'],
    [stranger, '/partners', '/'],
  ] as const) {
    t.equal((await send(t, { port, certificate, path: good })).status, 200);
    t.equal(await bytesFor(t, { port, certificate }, bad), '', 'and is not for the other');
  }
});

t.test('a WebSocket is refused by the handshake as well', async (t) => {
  const { gateway } = await start(t, HANDSHAKE);
  await t.rejects(openWebSocket(t, { port: gateway.port }));
});
