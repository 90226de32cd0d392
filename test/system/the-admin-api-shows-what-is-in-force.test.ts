// Sites with the place of each setting, explanations, certificates with their ends, and reload by the admin API.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startAdministered, VIEWER } from '../kit/admin.ts';
import { send } from '../kit/client.ts';
import { startUpstream } from '../kit/upstream.ts';

const YAML = `
sites:
  - hosts: [localhost, "*.example"]
    trust: corporate
    upstream: app
    clientCertificate: accept
    paths:
      /admin:
        clientCertificate: require
        allow: [{ subject: { CN: alice } }]
      /admin/deep: { onRefusal: close }
  - hosts: [other.test]
    upstream: app
    clientCertificate: ignore
`;

const upstream = await startUpstream(t);
const gateway = await startAdministered(t, {
  upstreamPort: upstream.port,
  yaml: YAML,
  serverNames: ['localhost', '*.example', 'other.test'],
  revocation: '{ mode: hard, crl: [ca.crl] }',
});
const { port, pki } = gateway;
const alice = pki.issuing.client({ cn: 'alice' });
const get = async (path: string) => (await gateway.call(`/api/v1${path}`, { token: VIEWER.token })).json;
const post = (path: string, body: object) => gateway.call(`/api/v1${path}`, { method: 'POST', body });

t.test('sites', async (t) => {
  const { sites } = await get('/sites');
  t.match(
    sites.map(({ name }: { name: string }) => name),
    ['localhost', 'other.test'],
  );
  const rules = Object.fromEntries(
    sites[0].rules.map((rule: { path: string; settings: { key: string }[] }) => [
      rule.path,
      Object.fromEntries(rule.settings.map((setting) => [setting.key, setting])),
    ]),
  );
  const file = join(gateway.folder, 'portcullis.yaml');
  const lineOf = (text: string) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .findIndex((line) => line.includes(text)) + 1;
  t.strictSame(rules['/admin/deep'].clientCertificate, {
    key: 'clientCertificate',
    value: 'require',
    from: { path: 'sites[0].paths./admin', file, line: lineOf('clientCertificate: require') },
  });
  t.match(rules['/admin/deep'].trust, {
    value: 'corporate',
    from: { path: 'sites[0]', line: lineOf('trust: corporate') },
  });
  t.match(rules['/admin/deep'].allow.value, [{ subject: { CN: 'alice' } }]);
  t.match(rules['/admin/deep'].onRefusal, { value: 'close', from: { path: 'sites[0].paths./admin/deep' } });
  t.strictSame(rules['/'].onRefusal, { key: 'onRefusal', value: 'respond' }, 'a default comes from nowhere');
  t.equal(rules['/'].allow, undefined);
  t.match((await get('/sites?host=OTHER*')).sites, [{ name: 'other.test' }]);
});

t.test('explain', async (t) => {
  const allowed = await post('/explain', { url: 'https://localhost/admin/x', certificate: alice.chainPem });
  t.match(allowed, { status: 200, json: { allowed: true, conclusion: [{ step: 'decision', outcome: 'passed' }] } });
  t.match(allowed.json.trust, [{ store: 'corporate', valid: true }]);
  const refused = await post('/explain', { url: 'https://localhost/admin/x' });
  t.match(refused.json, { allowed: false, code: 'certificate-required', substatus: '403.7' });
  t.match(await post('/explain', { url: 'http://localhost/' }), { status: 400 });
  t.match(await post('/explain', { url: 'https://localhost/', certificate: 'x' }), { status: 400 });

  const bob = pki.issuing.client({ cn: 'bob' });
  const answer = await send(t, { port, path: '/admin/y?q=1', certificate: bob });
  const { requestId } = JSON.parse(answer.text);
  const recent = await post('/explain', { requestId });
  t.match(recent.json, {
    allowed: false,
    code: 'certificate-not-allowed',
    trust: [{ store: 'corporate', valid: true, path: [{ subject: /CN=bob/ }] }],
    recorded: { requestId, status: 403, code: 'certificate-not-allowed', path: '/admin/y' },
  });
  t.match(await post('/explain', { requestId: 'none' }), { status: 404 });
});

t.test('certificates', async (t) => {
  const { certificates } = await get('/certificates');
  const uses = new Set(certificates.map(({ use }: { use: string }) => use));
  t.strictSame([...uses].sort(), ['anchor', 'intermediate', 'list', 'server']);
  const ends = certificates.map(({ until }: { until: string }) => until);
  t.strictSame(ends, ends.toSorted(), 'those that end first come first');
  const server = certificates.find(({ use }: { use: string }) => use === 'server');
  t.match(server, { where: /localhost/, issuer: /CN=/, serial: /./, fingerprint: /^[0-9a-f]{64}$/ });
  t.ok(server.daysLeft > 80 && server.daysLeft <= 90);
  const soon = (await get('/certificates?days=5')).certificates;
  t.ok(soon.length > 0 && soon.every((each: { daysLeft: number }) => each.daysLeft <= 5));
  t.notOk(soon.some(({ use }: { use: string }) => use === 'server'));
  await send(t, { port, certificate: alice });
  t.match(await get('/certificates/seen'), { certificates: Array });
});

t.test('reload', async (t) => {
  const file = join(gateway.folder, 'portcullis.yaml');
  const good = readFileSync(file, 'utf8');
  writeFileSync(file, good.replace('[localhost, "*.example"]', '[localhost]'));
  t.match(await post('/reload', { why: 'a host less' }), { status: 200, json: { needsRestart: [] } });
  t.match((await get('/sites')).sites[0].hosts, ['localhost']);
  writeFileSync(file, good.replace('clientCertificate: ignore', 'clientCertificate: perhaps'));
  const failed = await post('/reload', { why: 'a mistake' });
  t.match(failed, {
    status: 409,
    json: { code: 'conflict', problems: [{ severity: 'error', line: Number, path: /sites/ }] },
  });
  t.match((await get('/sites')).sites[0].hosts, ['localhost'], 'the old one is in force');
  t.match(await post('/reload', {}), { status: 400 }, 'without a reason');
});
