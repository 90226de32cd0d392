// What ends, who has replaced what, and what report-only rules would have done, by the admin API.

import t from 'tap';
import { startAdministered, VIEWER } from '../kit/admin.ts';
import { send, sendBytes } from '../kit/client.ts';
import { makePki } from '../kit/gateway.ts';
import { makeResponder } from '../kit/ocsp.ts';
import { startOpensslResponder } from '../kit/openssl-ocsp.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const DAY_MS = 86_400_000;
const YAML = `
directory: { url: "sqlite:clients.db" }
mappings: [{ match: { subject: { CN: "*" } }, trust: [corporate], account: "{subject.CN}" }]
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: accept
    paths: { /tried: { reportOnly: { clientCertificate: require, allow: [{ subject: { CN: bob } }] } } }
`;

const upstream = await startUpstream(t);
const pki = makePki();
const clientOf = (cn: string, days: number) => pki.issuing.client({ cn, notAfter: Date.now() + days * DAY_MS });
const [old, renewed, bob] = [clientOf('alice', 5.5), clientOf('alice', 300), clientOf('bob', 20.5)];
const gateway = await startAdministered(t, { pki, upstreamPort: upstream.port, yaml: YAML });
const { port } = gateway;
const get = async (path: string) => (await gateway.call(`/api/v1${path}`, { token: VIEWER.token })).json;

t.test('certificates of clients', async (t) => {
  for (const certificate of [old, renewed, bob]) {
    t.equal((await send(t, { port, certificate })).status, 200);
  }
  await until(async () => (await get('/certificates/seen')).certificates.length === 3);
  const { expiring } = await get('/expiring?kind=client-certificate');
  t.match(expiring, [
    { name: 'CN=alice', daysLeft: 5, details: { account: 'alice', serial: old.facts.serial } },
    { name: 'CN=bob', daysLeft: 20 },
  ]);
  t.equal(expiring.length, 2);
  t.equal((await get('/expiring?kind=client-certificate&days=300')).expiring.length, 3);
  t.match((await get('/expiring?days=300&limit=1')).expiring, [{ kind: String, until: /Z$/ }]);
  const kinds = (await get('/expiring?days=36500')).expiring.map(({ kind }: { kind: string }) => kind);
  for (const kind of ['server-certificate', 'anchor', 'intermediate']) t.ok(kinds.includes(kind), kind);
  t.match(await gateway.call('/api/v1/expiring?kind=none'), { status: 400 });
});

t.test('rotation', async (t) => {
  const { rotations } = await get('/certificates/rotation');
  t.match(rotations, [
    { account: 'alice', state: String, old: [{ serial: old.facts.serial }], new: [{ serial: renewed.facts.serial }] },
    { account: 'bob', state: 'not begun', old: [{ serial: bob.facts.serial }], new: [] },
  ]);
  const names = async (query: string) =>
    (await get(`/certificates/rotation?${query}`)).rotations.map(({ account }: { account: string }) => account);
  t.strictSame(await names('days=10'), ['alice']);
  t.strictSame(await names('issuer=test+ISSUING'), ['alice', 'bob']);
  t.strictSame(await names('issuer=other'), []);
  t.strictSame(await names('after=alice'), ['bob']);
  t.strictSame(await names('limit=1'), ['alice']);
});

t.test('report-only', async (t) => {
  await send(t, { port, path: '/tried' });
  await send(t, { port, path: '/tried', certificate: old });
  await send(t, { port, path: '/tried', certificate: bob });
  await until(async () => (await get('/report-only')).reports.length === 3);
  const { reports } = await get('/report-only');
  const byCode = Object.fromEntries(reports.map((each: { code?: string }) => [each.code ?? 'passed', each]));
  const rule = 'localhost/tried';
  t.match(byCode['certificate-required'], { rule, requests: 1, address: '127.0.0.1', client: undefined });
  t.match(byCode['certificate-not-allowed'], { rule, client: { account: 'alice', subject: 'CN=alice' } });
  t.match(byCode.passed, { rule, requests: 1, client: undefined });
  const [first, ...others] = reports;
  t.strictSame((await get(`/report-only?after=${first.id}`)).reports, others);
});

t.test('what is no request', async (t) => {
  await sendBytes(t, { port, bytes: 'GET / HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n' });
  const { decisions } = await get('/decisions?limit=1');
  t.match(decisions, [
    { code: 'request-invalid', status: 400, decision: 'deny', path: '', clientAddress: '127.0.0.1' },
  ]);
  t.equal(decisions[0].requestId, gateway.requests().at(-1)?.requestId);
});

t.test('signers of OCSP answers', async (t) => {
  const signer = makeResponder(pki.issuing);
  const responder = await startOpensslResponder(t, { issuer: pki.issuing, signer, good: [renewed] });
  const revocation = `{ mode: hard, depth: leaf, ocsp: "${responder.url}" }`;
  const yaml = YAML.replace('sqlite:clients.db', 'sqlite:others.db');
  const other = await startAdministered(t, { pki, upstreamPort: upstream.port, yaml, revocation });
  t.equal((await send(t, { port: other.port, certificate: renewed })).status, 200);
  const { certificates } = (await other.call('/api/v1/certificates')).json;
  const signers = certificates.filter(({ use }: { use: string }) => use === 'ocsp-signer');
  t.match(signers, [{ where: '', serial: signer.facts.serial, until: /Z$/ }]);
});
