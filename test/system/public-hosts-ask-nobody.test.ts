// Hosts all of whose paths read no certificate do not ask for one, so that browsers show no picker; every other host on the
// same port asks. A connection that was never asked opens nothing else.

import t, { type Test } from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { open, send } from '../kit/client.ts';
import { type GatewayOptions, startTestGateway } from '../kit/gateway.ts';
import { runClient } from '../kit/openssl.ts';
import { startUpstream } from '../kit/upstream.ts';
import { readAnswers } from '../kit/wire.ts';

const SITES = `
sites:
  - { hosts: [public.test], trust: corporate, upstream: app, clientCertificate: ignore }
  - { hosts: [private.test], trust: corporate, upstream: app, clientCertificate: require }
  - hosts: [mixed.test]
    trust: corporate
    upstream: app
    clientCertificate: ignore
    paths: { /admin: { clientCertificate: accept } }
  - hosts: [watched.test]
    trust: corporate
    upstream: app
    clientCertificate: ignore
    reportOnly: { clientCertificate: require }
  - hosts: [open.test]
    trust: corporate
    upstream: app
    clientCertificate: ignore
    paths: { /a: { clientCertificate: ignore } }
  - { hosts: [shown.test], trust: corporate, upstream: app, clientCertificate: forward-unverified }
`;
const NAMES = ['public.test', 'private.test', 'mixed.test', 'watched.test', 'open.test', 'shown.test', 'siteless.test'];
const ASKED: Readonly<Record<string, boolean>> = {
  'private.test': true,
  'PRIVATE.test.': true,
  'public.test': false,
  'PUBLIC.TEST': false,
  'public.test.': false,
  'mixed.test': true,
  'watched.test': true,
  'open.test': false,
  'shown.test': true,
  'siteless.test': false,
};

async function start(t: Test, options: Partial<GatewayOptions> = {}) {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, {
    upstreamPort: upstream.port,
    serverNames: NAMES,
    yaml: SITES,
    ...options,
  });
  return { gateway, upstream, port: gateway.port, alice: gateway.pki.issuing.client({ cn: 'alice' }) };
}

/** Whether a CertificateRequest stands on the wire; fails without a handshake. */
async function isAsked(t: Test, port: number, options: readonly string[]): Promise<boolean> {
  const text = await runClient(t, port, ['-msg', ...options]);
  t.match(text, 'BEGIN CERTIFICATE', 'the handshake came about');
  return /Handshake.*CertificateRequest/.test(text);
}

for (const version of ['-tls1_2', '-tls1_3']) {
  t.test(`s_client ${version}`, async (t) => {
    const { port } = await start(t);
    for (const [host, asked] of Object.entries(ASKED)) {
      t.equal(await isAsked(t, port, [version, '-servername', host]), asked, host);
    }
    t.equal(await isAsked(t, port, [version, '-noservername']), true, 'without SNI, where it may want another host');
  });
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`${version}: a certificate is left at home, and nothing else opens`, async (t) => {
    const { port, alice, upstream, gateway } = await start(t);
    const ask = (servername: string, host = servername) =>
      send(t, { port, version, servername, headers: { host }, certificate: alice });
    t.equal((await ask('private.test')).status, 200, 'with it the client is let in where it is asked');
    t.match(gateway.requests().at(-1), { fingerprint: /./ });
    t.equal((await ask('public.test')).status, 200);
    t.strictSame(gateway.requests().at(-1)?.fingerprint, undefined);
    t.equal((await ask('public.test', 'open.test')).status, 421, 'another public site is another site too');
    const before = upstream.bytes();
    for (const host of ['private.test', 'PRIVATE.test.', 'private.test:443', 'mixed.test', 'watched.test']) {
      t.match(await ask('public.test', host), { status: 421, text: /host-mismatch/ }, host);
    }
    t.equal(upstream.bytes(), before);
  });

  t.test(`${version}: nor behind a request that was answered`, async (t) => {
    const { port, alice, upstream } = await start(t);
    const socket = await open(t, { port, version, servername: 'public.test', certificate: alice });
    const answers = readAnswers(t, socket);
    const get = (host: string) => socket.write(`GET /x HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    get('public.test');
    t.equal((await answers.next()).status, 200);
    const before = upstream.bytes();
    get('private.test');
    t.match(await answers.next(), { status: 421, body: /host-mismatch/ });
    t.equal(upstream.bytes(), before);
    get('public.test');
    t.equal((await answers.next()).status, 200, 'it goes on as what it is');
  });

  t.test(`${version}: a host that asks from now on closes who was not asked`, async (t) => {
    const { port, alice, gateway } = await start(t);
    const socket = await open(t, { port, version, servername: 'public.test', certificate: alice });
    const answers = readAnswers(t, socket);
    const get = () => socket.write('GET / HTTP/1.1\r\nHost: public.test\r\n\r\n');
    get();
    t.equal((await answers.next()).status, 200);
    await gateway.reload({ yaml: SITES.replace('ignore', 'require') });
    get();
    const refused = await answers.next();
    t.match(refused, { status: 403, body: /certificate-required/ });
    t.strictSame(refused.headers.get('connection'), ['close'], 'in the next handshake it is asked');
    t.equal(await answers.rest(), '');
    t.equal((await send(t, { port, version, servername: 'public.test', certificate: alice })).status, 200);
    const asked = await open(t, { port, version, servername: 'public.test' });
    const again = readAnswers(t, asked);
    asked.write('GET / HTTP/1.1\r\nHost: public.test\r\n\r\n');
    const stays = await again.next();
    t.equal(stays.status, 403);
    t.not(stays.headers.get('connection')?.[0], 'close', 'who was asked, and has none, gains nothing by another one');
  });
}

t.test('with and without SNI where every host is public', async (t) => {
  const { port } = await startAttacked(t, { yaml: '' });
  t.equal(await isAsked(t, port, ['-noservername']), true, 'one of them is not');
  const upstream = await startUpstream(t);
  const open = await startTestGateway(t, {
    upstreamPort: upstream.port,
    serverNames: ['open.test', 'other.test'],
    yaml: 'sites: [{ hosts: [open.test, other.test], upstream: app, clientCertificate: ignore }]',
  });
  for (const version of ['-tls1_2', '-tls1_3']) {
    t.equal(await isAsked(t, open.port, [version, '-noservername']), false, version);
  }
  t.equal((await send(t, { port: open.port, servername: null, headers: { host: 'other.test' } })).status, 200);
});
