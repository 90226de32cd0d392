// Clients and blocks by the admin API: what is changed counts for requests, and the audit knows who and why.

import { hash } from 'node:crypto';
import { join } from 'node:path';
import t from 'tap';
import { openDirectory } from '../../src/directory/open.ts';
import { startAdministered, VIEWER } from '../kit/admin.ts';
import { statusOf } from '../kit/client.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const YAML = `
directory: { url: "sqlite:clients.db" }
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: require
    account: required
`;

const upstream = await startUpstream(t);
const gateway = await startAdministered(t, { upstreamPort: upstream.port, yaml: YAML });
const { port, pki } = gateway;
const alice = pki.issuing.client({ cn: 'alice' });
const bob = pki.issuing.client({ cn: 'bob' });
const foreign = pki.foreign.client({ cn: 'foreign' });

const call = (method: string, path: string, body?: object, token?: string) =>
  gateway.call(`/api/v1${path}`, { method, body, ...(token !== undefined && { token }) });
const asks = (certificate: typeof alice) => statusOf(t, { port, certificate });
const becomes = (certificate: typeof alice, status: number) => until(async () => (await asks(certificate)) === status);

t.test('an account comes, is changed and goes', async (t) => {
  t.equal(await asks(alice), 403, 'nobody knows her yet');
  const made = await call('POST', '/clients', {
    name: 'alice',
    roles: ['ops'],
    validUntil: '2099-12-31T00:00:00Z',
    certificate: { pem: alice.chainPem },
    why: 'new colleague',
  });
  t.match(made, { status: 201, json: { name: 'alice', certificates: [/./] } });
  await becomes(alice, 200);
  const { json } = await call('GET', '/clients/alice', undefined, VIEWER.token);
  t.match(json, {
    name: 'alice',
    kind: 'person',
    roles: ['ops'],
    enabled: true,
    validUntil: '2099-12-31T00:00:00.000Z',
    certificates: [{ id: made.json.certificates[0], match: { kind: 'issuer-serial' }, issuerName: /CN=/ }],
  });

  t.match(await call('PATCH', '/clients/alice', { enabled: false, why: 'on leave' }), { status: 200 });
  await becomes(alice, 403);
  t.match(await call('PATCH', '/clients/alice', { enabled: true, validUntil: null, why: 'back' }), { status: 200 });
  await becomes(alice, 200);
  t.match((await call('GET', '/clients/alice')).json, { roles: ['ops'], validUntil: undefined });

  const second = await call('POST', '/clients/alice/certificates', {
    certificate: { pem: bob.chainPem },
    why: 'spare',
  });
  t.equal(second.status, 201);
  await becomes(bob, 200);
  const path = `/clients/alice/certificates/${second.json.id}`;
  t.match(await call('DELETE', `/clients/bob/certificates/${second.json.id}`, { why: 'x' }), { status: 404 });
  t.match(await call('DELETE', path, { why: 'lost' }), { status: 200 });
  await becomes(bob, 403);
  t.match(await call('DELETE', path, { why: 'lost' }), { status: 404, json: { code: 'not-found' } });

  t.match(await call('DELETE', '/clients/alice', { why: 'left' }), { status: 200 });
  await becomes(alice, 403);
  const { changes } = (await call('GET', '/history')).json;
  t.match(changes[0], { actor: 'token ops', action: 'remove-account', subject: 'alice', why: 'left' });
  t.match(changes.at(-1), { actor: 'token ops', action: 'add-account', why: 'new colleague' });
  t.match(
    gateway.lines.findLast(({ message }) => message === 'a change by the admin API'),
    {
      actor: 'token ops',
      method: 'DELETE',
      route: '/clients/{name}',
      params: { name: 'alice' },
      why: 'left',
      outcome: 'done',
    },
  );
});

t.test('a request that was refused names the certificate', async (t) => {
  t.equal(await asks(alice), 403);
  const [refused] = (await call('GET', '/decisions?code=account-unknown&limit=1')).json.decisions;
  const certificate = { requestId: refused.requestId };
  t.match(await call('POST', '/clients', { name: 'alice', certificate, why: 'known now' }), { status: 201 });
  await becomes(alice, 200);
  const [client] = (await call('GET', '/clients?account=al*')).json.clients;
  t.match(client.certificates, [{ match: { kind: 'issuer-serial' } }], 'by what cannot be changed');
  const unknown = { name: 'x', certificate: { requestId: 'none' }, why: 'x' };
  t.match(await call('POST', '/clients', unknown), { status: 404 });
});

t.test('a block comes and goes', async (t) => {
  t.equal(await asks(alice), 200);
  const made = await call('POST', '/blocks', { certificate: { pem: alice.chainPem }, reason: 'laptop stolen' });
  t.equal(made.status, 201);
  await becomes(alice, 403);
  t.match((await call('GET', '/decisions?limit=1')).json.decisions, [{ code: 'certificate-blocked' }]);
  const { blocks } = (await call('GET', '/blocks', undefined, VIEWER.token)).json;
  t.match(blocks, [{ id: made.json.id, reason: 'laptop stolen', createdBy: 'token ops', holds: true }]);
  t.match(await call('DELETE', `/blocks/${made.json.id}`, { why: 'found again' }), { status: 200 });
  await becomes(alice, 200);

  t.match(await call('POST', '/blocks', { account: 'alice', reason: 'on leave' }), { status: 201 });
  await becomes(alice, 403);
  const der = Buffer.from(bob.pem.replace(/-----.*?-----|\s/g, ''), 'base64');
  const fingerprint = hash('sha256', der, 'hex');
  const byFingerprint = { certificate: { fingerprint }, reason: 'x' };
  const store = openDirectory(`sqlite:${join(gateway.folder, 'clients.db')}`, { clock: Date.now });
  t.teardown(() => store.close());
  await until(async () => (await store.readCertificates({ fingerprint, limit: 1 })).length === 1);
  t.match(
    await call('POST', '/blocks', byFingerprint),
    { status: 201 },
    'its holder was seen, and so it is known by more',
  );
  const never = { certificate: { fingerprint: '0'.repeat(64) }, reason: 'x' };
  t.match(await call('POST', '/blocks', never), { status: 404, json: { code: 'not-found' } });
  const over = { account: 'alice', reason: 'x', until: '2001-01-01T00:00:00Z' };
  t.match(await call('POST', '/blocks', over), { status: 400 });
});

t.test('what does not fit is told', async (t) => {
  const invalid = { status: 400, json: { code: 'invalid' } };
  t.match(await call('POST', '/clients', { name: 'carol', why: 'x' }), { status: 201 });
  t.match(await call('POST', '/clients', { name: 'carol', why: 'x' }), { status: 409, json: { code: 'conflict' } });
  const taken = { name: 'dora', certificate: { pem: alice.chainPem }, why: 'x' };
  t.match(await call('POST', '/clients', taken), { status: 409, json: { detail: /one of alice/ } });
  t.match(
    await call('POST', '/clients', { name: 'dora' }),
    { ...invalid, json: { detail: /why/ } },
    'without a reason',
  );
  t.match(await call('POST', '/clients', { name: 'dora', why: ' ' }), invalid);
  t.match(await call('POST', '/clients', { name: 'a\u202eb', why: 'x' }), invalid);
  t.match(await call('POST', '/clients', { name: 'dora', more: 1, why: 'x' }), invalid);
  t.match(await call('POST', '/clients', { name: 'dora', certificate: { pem: 'x' }, why: 'x' }), invalid);
  const stranger = { name: 'dora', certificate: { pem: foreign.chainPem }, why: 'x' };
  t.match(await call('POST', '/clients', stranger), { ...invalid, json: { detail: /No authority/ } });
  t.match(await call('PATCH', '/clients/nobody', { enabled: true, why: 'x' }), { status: 404 });
  t.match(await call('DELETE', '/blocks/none', { why: 'x' }), { status: 404 });
  t.match(await gateway.call('/api/v1/clients', { method: 'POST', body: '{"name":' }), invalid);
  t.match(await gateway.call('/api/v1/clients', { method: 'POST', body: `"${'x'.repeat(70_000)}"` }), { status: 413 });
});

t.test('a viewer changes nothing', async (t) => {
  const body = { name: 'eve', why: 'x' };
  const refused = { status: 403, json: { code: 'role-required' } };
  t.match(await call('POST', '/clients', body, VIEWER.token), refused);
  t.match(await call('POST', '/blocks', { account: 'alice', reason: 'x' }, VIEWER.token), refused);
  t.match(await call('DELETE', '/clients/carol', { why: 'x' }, VIEWER.token), refused);
  t.match(await call('PATCH', '/clients/carol', { enabled: false, why: 'x' }, VIEWER.token), refused);
  t.match(await call('POST', '/reload', { why: 'x' }, VIEWER.token), refused);
  t.match(await call('GET', '/clients/eve'), { status: 404 });
  t.match((await call('GET', '/clients/carol')).json, { enabled: true });
});

t.test('a form of another page changes nothing', async (t) => {
  const body = JSON.stringify({ name: 'mallory', why: 'x' });
  const type = { 'content-type': 'text/plain' };
  const form = await gateway.call('/api/v1/clients', { method: 'POST', body, headers: type });
  t.match(form, { status: 415, json: { code: 'media-type' } });
  const origin = { origin: 'https://evil.example' };
  const page = await gateway.call('/api/v1/clients', { method: 'POST', body, headers: origin });
  t.match(page, { status: 403, json: { code: 'origin-refused' } });
  const none = await gateway.call('/api/v1/clients/carol', { method: 'DELETE' });
  t.match(none, { status: 415 });
  t.match(await call('GET', '/clients/mallory'), { status: 404 });
});

t.test('pages of accounts', async (t) => {
  for (const name of ['p1', 'p2', 'p3']) await call('POST', '/clients', { name, roles: [`r-${name}`], why: 'x' });
  const names = async (query: string) =>
    (await call('GET', `/clients?${query}`)).json.clients.map((each: { name: string }) => each.name);
  t.strictSame(await names('account=p*&limit=2'), ['p1', 'p2']);
  t.strictSame(await names('account=p*&limit=2&after=p2'), ['p3']);
  t.strictSame(await names('role=r-p3'), ['p3']);
});
