// The admin address: probes for everybody, the API for tokens alone, and nothing for the pages of others.

import { createConnection } from 'node:net';
import t from 'tap';
import { createToken } from '../../src/admin/access.ts';
import { callAdmin, startAdministered, VIEWER } from '../kit/admin.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { startUpstream } from '../kit/upstream.ts';

const YAML = `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: accept
`;

const upstream = await startUpstream(t);

t.test('without tokens only the probes are there', async (t) => {
  const gateway = await startTestGateway(t, {
    upstreamPort: upstream.port,
    yaml: `${YAML}\nadmin: { address: 127.0.0.1:0 }\n`,
  });
  const port = gateway.adminPort;
  t.match(await callAdmin(port, '/healthz', { token: null }), { status: 200, json: { status: 'alive' } });
  t.match(await callAdmin(port, '/readyz', { token: null }), { status: 200, json: { status: 'ready' } });
  t.match(await callAdmin(port, '/metrics', { token: null }), { status: 200, text: /^portcullis_connections /m });
  t.match(await callAdmin(port, '/api/v1/status'), { status: 404, json: { code: 'api-off' } });
  t.match(await callAdmin(port, '/.well-known/jwks.json'), { status: 404, json: { code: 'not-found' } });

  const { token, hash } = createToken();
  await gateway.reload({
    yaml: `${YAML}\nadmin: { address: 127.0.0.1:0, tokenFile: admin.tokens }\n`,
    files: { 'admin.tokens': `# who may look\nwatch viewer ${hash}\n` },
  });
  t.match(await callAdmin(port, '/api/v1/status', { token }), { status: 200 }, 'a reload lets them in');
});

t.test('status tells how the gateway is', async (t) => {
  const gateway = await startAdministered(t, { upstreamPort: upstream.port, yaml: YAML });
  const { status, json, headers } = await gateway.call('/api/v1/status', { token: VIEWER.token });
  t.equal(status, 200);
  t.match(json, {
    version: /^\d+\.\d+\.\d+$/,
    node: process.versions.node,
    state: 'ready',
    listeners: [{ address: '127.0.0.1', port: gateway.port }],
    connections: 0,
    reload: { outcome: 'none' },
  });
  t.ok(Date.parse(json.startedAt) > 0);
  t.match(headers, { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  await gateway.reload();
  t.match((await gateway.call('/api/v1/status')).json, { reload: { outcome: 'done', at: /Z$/ } });
});

t.test('who has no token stays outside', async (t) => {
  const gateway = await startAdministered(t, { upstreamPort: upstream.port, yaml: YAML });
  const path = '/api/v1/status';
  t.match(await gateway.call(path, { token: VIEWER.token }), { status: 200 });
  const refused = { status: 401, headers: { 'www-authenticate': /^Bearer/ }, json: { code: 'token-required' } };
  t.match(await gateway.call(path, { token: null }), refused, 'none');
  t.match(await gateway.call(path, { token: createToken().token }), refused, 'a stranger’s');
  t.match(await gateway.call(path, { token: VIEWER.hash }), refused, 'the hash that stands in the configuration');
  t.match(await gateway.call(path, { token: `${VIEWER.token}x` }), refused, 'a longer one');
  t.match(await gateway.call(`${path}?token=${VIEWER.token}`, { token: null }), refused, 'in the address');
  const other = { token: null, headers: { authorization: `Basic ${VIEWER.token}` } };
  t.match(await gateway.call(path, other), refused, 'by another scheme');
  t.match(await gateway.call('/api/v1/none', { token: null }), { status: 401 }, 'routes are not told either');
  t.match(await gateway.call('/api/v1/none'), { status: 404, json: { code: 'not-found' } });
});

t.test('failures are limited, and keep nobody out who has a token', async (t) => {
  const gateway = await startAdministered(t, { upstreamPort: upstream.port, yaml: YAML, limits: '{}' });
  const statuses = new Set<number>();
  for (let n = 0; n < 20; n++) statuses.add((await gateway.call('/api/v1/status', { token: 'pcl_wrong' })).status);
  t.strictSame([...statuses], [401, 429]);
  t.match(await gateway.call('/api/v1/status'), { status: 200 }, 'from the same address');
});

t.test('too many requests of one token wait', async (t) => {
  const gateway = await startAdministered(t, { upstreamPort: upstream.port, yaml: YAML, limits: '{}' });
  const all = await Promise.all(
    Array.from({ length: 500 }, () => gateway.call('/api/v1/status', { token: VIEWER.token }).catch(() => undefined)),
  );
  t.ok(all.some((answer) => answer?.status === 429 && answer.json.code === 'too-many-requests'));
  t.match(await gateway.call('/api/v1/status'), { status: 200 }, 'another token has a limit of its own');
  t.match(await gateway.call('/healthz', { token: null }), { status: 200 }, 'probes have none');
});

t.test('pages of others get nothing', async (t) => {
  const gateway = await startAdministered(t, { upstreamPort: upstream.port, yaml: YAML });
  const path = '/api/v1/status';
  const own = `127.0.0.1:${gateway.adminPort}`;
  const withHeaders = (headers: Record<string, string>) => gateway.call(path, { headers });
  t.match(await withHeaders({ origin: `http://${own}`, 'sec-fetch-site': 'same-origin' }), { status: 200 });
  t.match(await withHeaders({ 'sec-fetch-site': 'none' }), { status: 200 }, 'typed into the address bar');
  const refused = { status: 403, json: { code: 'origin-refused' } };
  t.match(await withHeaders({ origin: 'https://evil.example' }), refused);
  t.match(await withHeaders({ origin: 'null' }), refused);
  t.match(await withHeaders({ origin: `https://${own}` }), refused, 'of another scheme');
  t.match(await withHeaders({ 'sec-fetch-site': 'cross-site' }), refused);
  t.match(await withHeaders({ 'sec-fetch-site': 'same-site' }), refused);
});

t.test('names of others lead nowhere', async (t) => {
  const gateway = await startAdministered(t, { upstreamPort: upstream.port, yaml: YAML });
  for (const path of ['/api/v1/status', '/metrics', '/readyz']) {
    const called = (host: string) => gateway.call(path, { headers: { host } });
    for (const host of ['localhost', 'LocalHost:9901', '10.0.0.7:9901', '[::1]:9901']) {
      t.match(await called(host), { status: 200 }, host);
    }
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:9901', 'localhost:x']) {
      t.match(await called(host), { status: 421, json: { code: 'host-refused' } }, `${path} by ${host}`);
    }
  }
  await gateway.reload({ yaml: `${YAML}\nadmin: { address: 127.0.0.1:0, hosts: [Admin.example] }\n` });
  for (const host of ['admin.example:9901', 'ADMIN.EXAMPLE', 'admin.example.', '10.0.0.7', '[::1]:9901']) {
    t.match(await gateway.call('/healthz', { headers: { host } }), { status: 200 }, host);
  }
  for (const host of ['admin.example.evil', 'xadmin.example', '*', '[evil.example]', 'admin.example, evil.example']) {
    t.match(await gateway.call('/healthz', { headers: { host } }), { status: 421 }, `"${host}"`);
  }
});

t.test('what is too much is cut off', async (t) => {
  const gateway = await startAdministered(t, { upstreamPort: upstream.port, yaml: YAML });
  const large = { headers: { 'x-large': 'x'.repeat(17 * 1024) } };
  t.match(await gateway.call('/api/v1/status', large), { status: 431 });
  const sockets = Array.from({ length: 140 }, () => {
    const socket = createConnection(gateway.adminPort, '127.0.0.1').on('error', () => {});
    t.teardown(() => socket.destroy());
    return socket;
  });
  const closed = Promise.race(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  await closed;
  t.pass('more connections than there is room for are closed');
});
