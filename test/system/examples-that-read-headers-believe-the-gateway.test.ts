// The apps of examples/ that read plain headers: what the gateway says reaches them, and nothing that a client says.

import t, { type Test } from 'tap';
import { checkRefusal, send } from '../kit/client.ts';
import { type ExampleApp, sendStraight, startExample, startGatewayFor } from '../kit/example.ts';
import { makePki } from '../kit/gateway.ts';
import { inCheckout } from '../kit/process.ts';

const APPS: readonly (readonly string[])[] = [
  ['node', 'express/with-headers.ts'],
  ['node', 'fastify/with-headers.ts'],
  ['python3', 'python/whoami.py'],
  ['php', '-S', '127.0.0.1:0', 'php/whoami.php'],
];

const pki = makePki();
const alice = pki.issuing.client({ cn: 'alice' });
const bob = pki.issuing.client({ cn: 'bob' });
const stranger = pki.issuing.client({ cn: 'stranger' });

const KNOWN = [
  { certificate: alice, account: 'alice' },
  { certificate: bob, account: 'Zoë Bø, 100%' },
];

const FORGED = {
  'X-Client-Verify': 'SUCCESS',
  'X-Client-Account': 'mallory',
  'X-Client-Issuer': 'CN=mallory',
  'X-Client-Serial': '01',
};

/** Names that PHP and Python, which know `HTTP_X_CLIENT_VERIFY` only, take for the same. */
const SPELLINGS = [(name: string) => name, (name: string) => name.replaceAll('-', '_').toLowerCase()];

function startGateway(t: Test, { port }: ExampleApp, upstreamOptions = '') {
  const yaml = `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: accept
    paths:
      /whoami/strict: { clientCertificate: require }
`;
  return startGatewayFor(t, KNOWN, { pki, upstreamPort: port, upstreamOptions, yaml });
}

for (const program of APPS) {
  t.test(program.join(' '), async (t) => {
    const app = await startExample(t, program);
    const { port } = await startGateway(t, app);
    const ask = async (options: Partial<Parameters<typeof send>[1]>) => {
      const { status, text } = await send(t, { port, path: '/whoami', ...options });
      return [status, JSON.parse(text)];
    };
    const issuer = 'CN=Test Issuing';
    const isAlice = [200, { account: 'alice', issuer, serial: alice.facts.serial }];
    const isNobody = [403, { error: 'no client certificate' }];

    t.strictSame(await ask({ certificate: alice }), isAlice);
    t.strictSame(await ask({ certificate: bob }), [200, { account: 'Zoë Bø, 100%', issuer, serial: bob.facts.serial }]);
    t.match(await ask({ certificate: stranger }), [200, { account: null, serial: stranger.facts.serial }]);
    t.strictSame(await ask({}), isNobody);
    checkRefusal(t, await send(t, { port, path: '/whoami/strict' }), 'certificate-required');

    for (const spell of SPELLINGS) {
      const headers = Object.fromEntries(Object.entries(FORGED).map(([name, value]) => [spell(name), value]));
      t.strictSame(await ask({ headers }), isNobody, 'with forged headers and no certificate');
      t.strictSame(await ask({ headers, certificate: alice }), isAlice, 'with forged headers and a certificate');
    }

    // Why it may listen only where nobody else can connect.
    t.match(JSON.parse((await sendStraight(app, FORGED)).text), { account: 'mallory' }, 'past the gateway');
    await t.rejects(sendStraight(app, FORGED, { host: '127.0.0.2' }), { code: 'ECONNREFUSED' }, 'at another address');
  });
}

t.test('pages that were written for IIS find their variables', async (t) => {
  const folder = t.testdir({ 'page.php': '<?php echo json_encode($_SERVER);' });
  const prepend = `auto_prepend_file=${inCheckout('examples/php/cert-variables.php')}`;
  const app = await startExample(t, ['php', '-d', prepend, '-S', '127.0.0.1:0', '-t', folder]);
  const { port } = await startGateway(t, app, 'identityHeaders: [iis-vars]');
  const variables = async (options: Partial<Parameters<typeof send>[1]>) => {
    const server = JSON.parse((await send(t, { port, path: '/page.php', ...options })).text) as Record<string, string>;
    return Object.fromEntries(Object.entries(server).filter(([name]) => name.startsWith('CERT_')));
  };
  const { serial, fingerprint } = alice.facts;
  const isAlice = {
    CERT_FLAGS: '1',
    CERT_SUBJECT: 'CN=alice',
    CERT_ISSUER: 'CN=Test Issuing',
    CERT_SERIALNUMBER: serial.match(/../g)?.join('-'),
    CERT_COOKIE: fingerprint,
  };
  const isNobody = Object.fromEntries(Object.keys(isAlice).map((name) => [name, '']));
  t.strictSame(await variables({ certificate: alice }), isAlice);
  t.strictSame(await variables({}), isNobody);
  const headers = { 'X-Cert-Flags': '1', X_CERT_SUBJECT: 'CN=mallory', Cert_Subject: 'CN=mallory' };
  t.strictSame(await variables({ headers }), isNobody);
  t.strictSame(await variables({ headers, certificate: alice }), isAlice);
});
