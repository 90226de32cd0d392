// The admin API by TLS: who has a role by a certificate, and who has not, judged as everywhere else.

import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import t, { type Test } from 'tap';
import { type AdminAnswer, adminTlsOptions, type Call, callAdmin, OPERATOR } from '../kit/admin.ts';
import { type GatewayOptions, makePki, startTestGateway } from '../kit/gateway.ts';
import type { TestCertificate } from '../kit/pki.ts';
import { runProcess } from '../kit/process.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const upstream = await startUpstream(t);
const pki = makePki();
const { root, issuing } = pki;
const server = root.server({ notAfter: Date.now() + 90 * 86_400_000 });

/** Operators are those of the account `ops` and ada; viewers whoever is called `view-*`. */
const ADMIN = `
directory: { url: "sqlite:clients.db" }
admin:
  address: 127.0.0.1:0
  tls: { cert: admin.pem, key: admin.key }
  # Some of these tests ask until they are refused.
  limits: { requests: 10000, failures: 10000 }
  clients:
    trust: corporate
    rules:
      - role: viewer
        allow: [{ subject: { CN: "view-*" } }, { subject: { CN: ada } }]
        deny: [{ subject: { CN: view-never } }]
      - role: operator
        allow: [{ subject: { CN: ada } }, { account: ops }]
  tokens:
    - { name: ops, role: operator, hash: ${OPERATOR.hash} }
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }
`;

const [ada, viewer] = [issuing.client({ cn: 'ada' }), issuing.client({ cn: 'view-1' })];

async function start(t: Test, options: Partial<GatewayOptions> = {}) {
  const files = { 'admin.pem': server.chainPem, 'admin.key': server.keyPem };
  const gateway = await startTestGateway(t, { pki, upstreamPort: upstream.port, yaml: ADMIN, files, ...options });
  const call = (path: string, certificate?: TestCertificate, more: Call = {}): Promise<AdminAnswer> =>
    callAdmin(gateway.adminPort, `/api/v1${path}`, { token: null, tls: { root, certificate }, ...more });
  return { ...gateway, call };
}

const why = 'to see';

t.test('a certificate gives a role', async (t) => {
  const gateway = await start(t);
  const reload = { method: 'POST', body: { why } };
  t.match(await gateway.call('/status', viewer), { status: 200, json: { state: 'ready' } });
  t.match(await gateway.call('/reload', viewer, reload), { status: 403, json: { code: 'role-required' } });
  t.match(await gateway.call('/reload', ada, reload), { status: 200 }, 'the highest role counts');
  const audit = gateway.lines.find(({ message }) => message === 'a change by the admin API');
  const { serial } = ada.facts;
  t.equal(audit?.actor, `certificate CN=ada (${serial} of CN=Test Issuing)`);

  t.match(await gateway.call('/status'), { status: 401, json: { code: 'token-required' } }, 'without a certificate');
  t.match(await gateway.call('/status', undefined, { token: OPERATOR.token }), { status: 200 }, 'tokens go on');
  const stranger = issuing.client({ cn: 'bob' });
  t.match(await gateway.call('/status', stranger, { token: OPERATOR.token }), { status: 200 }, 'beside a certificate');
  const forged = await gateway.call('/status', viewer, { token: 'pcl_wrong' });
  t.match(forged, { status: 401 }, 'a wrong token is not made good by a certificate');
  t.match(await callAdmin(gateway.adminPort, '/healthz', { token: null, tls: { root } }), { status: 200 });
});

t.test('it is judged as everywhere', async (t) => {
  const revoked = issuing.client({ cn: 'view-2' });
  const revocation = '{ mode: hard, crl: [ca.crl] }';
  const gateway = await start(t, { revocation, crl: { revoked: [revoked] } });
  t.match(await gateway.call('/status', viewer), { status: 200 });
  const day = 86_400_000;
  const now = Date.now();
  const cases: [string, TestCertificate, string][] = [
    ['nobody whom a rule names', issuing.client({ cn: 'bob' }), 'certificate-not-allowed'],
    ['denied', issuing.client({ cn: 'view-never' }), 'certificate-not-allowed'],
    ['of another authority', pki.foreign.client({ cn: 'view-1' }), 'certificate-untrusted'],
    ['too old', issuing.client({ cn: 'view-1', notBefore: now - 2 * day, notAfter: now - day }), 'certificate-expired'],
    ['of a server', issuing.server({ cn: 'view-1' }), 'certificate-usage'],
    ['revoked', revoked, 'certificate-revoked'],
  ];
  for (const [name, certificate, code] of cases) {
    const answer = await gateway.call('/status', certificate);
    const expected = { status: 403, headers: { connection: 'close' }, json: { code: 'certificate-refused' } };
    t.match(answer, expected, name);
    t.match(answer.json.detail, new RegExp(`^${code}: `), name);
  }
});

t.test('accounts and blocks hold', async (t) => {
  const gateway = await start(t);
  const carol = issuing.client({ cn: 'carol' });
  const change = (path: string, body: object, method = 'POST') => gateway.call(path, ada, { method, body });
  t.match(await gateway.call('/status', carol), { status: 403 });
  t.match(await change('/clients', { name: 'ops', certificate: { pem: carol.chainPem }, why }), { status: 201 });
  await until(async () => (await gateway.call('/status', carol)).status === 200);
  await change('/clients/ops', { enabled: false, why }, 'PATCH');
  await until(async () => (await gateway.call('/status', carol)).status === 403);
  t.match((await gateway.call('/status', carol)).json.detail, /^account-disabled: /);
  t.match(await change('/blocks', { certificate: { pem: viewer.chainPem }, reason: why }), { status: 201 });
  await until(async () => (await gateway.call('/status', viewer)).status === 403);
  t.match((await gateway.call('/status', viewer)).json.detail, /^certificate-blocked: /);
});

function watch(t: Test, port: number, certificate: TestCertificate): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { ...adminTlsOptions({ root, certificate }), host: '127.0.0.1', port, agent: false };
    const call = request({ ...options, path: '/api/v1/decisions/live' }, resolve);
    t.teardown(() => call.destroy());
    call.on('error', reject);
    call.end();
  });
}

t.test('an open stream ends with what let it in', async (t) => {
  const gateway = await start(t);
  const [watching, staying] = [await watch(t, gateway.adminPort, viewer), await watch(t, gateway.adminPort, ada)];
  t.match([watching.statusCode, staying.statusCode], [200, 200]);
  let isOpen = true;
  staying.resume().on('close', () => {
    isOpen = false;
  });
  const ended = new Promise((resolve) => watching.resume().on('error', resolve).on('close', resolve));
  await gateway.call('/blocks', ada, { method: 'POST', body: { certificate: { pem: viewer.chainPem }, reason: why } });
  await ended;
  t.ok(isOpen, 'and no other');
});

t.test('a reload changes the certificate, the authorities and the roles', async (t) => {
  const gateway = await start(t);
  t.match(await gateway.call('/status', ada), { status: 200 });
  const other = root.server({ notAfter: Date.now() + 90 * 86_400_000 });
  const files = { 'admin.pem': other.chainPem, 'admin.key': other.keyPem };
  await gateway.reload({ files, yaml: ADMIN.replaceAll('CN: ada', 'CN: eve') });
  const socket = connect({
    ...adminTlsOptions({ root, certificate: ada }),
    host: '127.0.0.1',
    port: gateway.adminPort,
  });
  t.teardown(() => socket.destroy());
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  t.equal(socket.getPeerX509Certificate()?.serialNumber, other.facts.serial);
  t.match(await gateway.call('/status', ada), { status: 403 });
  t.match(await gateway.call('/status', issuing.client({ cn: 'eve' })), { status: 200 });
});

t.test('pages of others get nothing by the certificate of their reader', async (t) => {
  const gateway = await start(t);
  t.match(await gateway.call('/status', ada, { headers: { 'sec-fetch-site': 'same-origin' } }), { status: 200 });
  const refused = { status: 403, json: { code: 'origin-refused' } };
  t.match(await gateway.call('/status', ada, { headers: { origin: 'https://evil.example' } }), refused);
  t.match(await gateway.call('/status', ada, { headers: { 'sec-fetch-site': 'cross-site' } }), refused);
  const plain = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{"why":"x"}' };
  t.match(await gateway.call('/reload', ada, plain), { status: 415 });
  const rebound = { headers: { host: 'evil.example' } };
  t.match(await gateway.call('/status', ada, rebound), { status: 421, json: { code: 'host-refused' } });
});

t.test('commands ask it by TLS', async (t) => {
  const gateway = await start(t);
  const file = (name: string, text: string) => {
    writeFileSync(join(gateway.folder, name), text, { mode: 0o600 });
    return join(gateway.folder, name);
  };
  const own = ['--admin-cert', file('ada.pem', ada.chainPem), '--admin-key', file('ada.key', ada.keyPem)];
  const url = ['--admin', `https://127.0.0.1:${gateway.adminPort}`];
  const ca = ['--admin-ca', file('root.pem', root.pem)];
  const told = await runProcess(t, ['status', ...url, ...ca, ...own]);
  t.equal(told.stderr, '');
  t.match(told, { code: 0, stdout: /^state +ready since/ });
  t.match(await runProcess(t, ['status', ...url, ...ca]), { code: 0, stdout: / {2}ready;/ }, 'without a certificate');
  t.match(await runProcess(t, ['status', ...url, ...own]), { code: 1 }, 'of an authority that nobody trusts');

  // By the configuration: exactly the certificate that it names.
  const yaml = readFileSync(join(gateway.folder, 'portcullis.yaml'), 'utf8');
  const pinned = file('pinned.yaml', yaml.replace('127.0.0.1:0\n  tls', `127.0.0.1:${gateway.adminPort}\n  tls`));
  t.match(await runProcess(t, ['status', '-c', pinned, ...own]), { code: 0, stdout: /^state +ready since/ });
  const other = root.server({ notAfter: Date.now() + 90 * 86_400_000 });
  file('admin.pem', other.chainPem);
  file('admin.key', other.keyPem);
  const failed = await runProcess(t, ['status', '-c', pinned, ...own]);
  t.match(failed, { code: 1, stderr: /another certificate|self-signed|unable to/ });
});
