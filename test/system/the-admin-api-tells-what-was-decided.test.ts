// Recent decisions with their filters, and decisions as they happen.

import { type IncomingMessage, request } from 'node:http';
import t, { type Test } from 'tap';
import { createToken } from '../../src/admin/access.ts';
import { ADMIN_YAML, callAdmin, OPERATOR, startAdministered, VIEWER } from '../kit/admin.ts';
import { send } from '../kit/client.ts';
import { makeRoot } from '../kit/pki.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const YAML = `
mappings:
  - trust: corporate
    match: { subject: { CN: "*" } }
    account: "{subject.CN}"
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: accept
    paths:
      /admin: { clientCertificate: require }
      /tried: { reportOnly: { clientCertificate: require } }
      /public: { clientCertificate: ignore }
`;

const upstream = await startUpstream(t);
const gateway = await startAdministered(t, { upstreamPort: upstream.port, yaml: YAML });
const { port, pki } = gateway;
const alice = pki.issuing.client({ cn: 'alice' });
const list = async (query = '') => (await gateway.call(`/api/v1/decisions${query}`)).json.decisions;

t.test('recent ones', async (t) => {
  await send(t, { port, path: '/x?secret=1', certificate: alice });
  await send(t, { port, path: '/public/y', certificate: alice });
  await send(t, { port, path: '/admin/z' });
  await send(t, { port, path: '/tried' });
  await send(t, { port, path: '/%2e', headers: { 'x-y': '1' } });
  const refused = await send(t, { port, headers: { host: 'evil.example' } });
  const { requestId } = JSON.parse(refused.text);

  const all = await list();
  t.equal(all.length, 6);
  t.match(all[5], {
    number: 1,
    at: /Z$/,
    method: 'GET',
    host: 'localhost',
    path: '/x',
    status: 200,
    decision: 'allow',
    rule: 'localhost/',
    account: 'alice',
    subject: /CN=alice/,
    fingerprint: /^[0-9a-f]{64}$/,
    verdictFrom: 'computed',
    tls: 'TLSv1.3',
  });
  t.notMatch(JSON.stringify(all), /secret/, 'no query');
  t.equal(all[4].subject, undefined, 'where no certificate is read none is told of');
  t.match(all[3], { path: '/admin/z', status: 403, decision: 'deny', code: 'certificate-required' });
  t.match(all[2], { path: '/tried', decision: 'allow', reportOnly: 'certificate-required' });
  t.match(all[1], { path: '/%2e', status: 400, code: 'path-invalid' });
  t.match(all[0], { requestId, host: 'evil.example', code: 'host-unknown' });

  const paths = async (query: string) => (await list(query)).map(({ path }: { path: string }) => path);
  t.strictSame(await paths('?account=al*'), ['/x']);
  t.strictSame(await paths('?code=certificate-required'), ['/admin/z']);
  t.strictSame(await paths('?path=/admin/*'), ['/admin/z']);
  t.strictSame(await paths(`?requestId=${requestId}`), ['/']);
  t.strictSame(await paths('?decision=deny&host=LOCALHOST'), ['/%2e', '/admin/z']);
  t.strictSame(await paths('?limit=1'), ['/']);
  for (const query of ['?code=none', '?limit=0', '?limit=1001', '?unknown=1', '?path=/a&path=/b']) {
    t.match(await gateway.call(`/api/v1/decisions${query}`), { status: 400, json: { code: 'invalid' } }, query);
  }
});

t.test('bytes of clients do no harm', async (t) => {
  await send(t, { port, path: '/h', headers: { host: 'a\u009b31m.example' } });
  t.match(await list('?limit=1'), [{ host: 'a\\9B31m.example' }]);
});

t.test('an owner of a large chain takes no memory', async (t) => {
  const chainPem = alice.chainPem + Array.from({ length: 60 }, () => makeRoot().pem).join('');
  await send(t, { port, path: '/large', certificate: alice, chainPem });
  const [found] = await list('?path=/large');
  t.match(found, { path: '/large' });
  t.equal(found.subject, undefined, 'it is not kept');
});

interface Watching {
  readonly response: IncomingMessage;
  text(): string;
  readonly ended: Promise<void>;
}

function watch(t: Test, path: string, headers: Record<string, string> = {}): Promise<Watching> {
  return new Promise((resolve, reject) => {
    const call = request({
      host: '127.0.0.1',
      port: gateway.adminPort,
      path,
      agent: false,
      headers: { authorization: `Bearer ${VIEWER.token}`, ...headers },
    });
    t.teardown(() => call.destroy());
    call.on('error', reject);
    call.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      const ended = new Promise<void>((over) => response.once('close', over));
      response.on('error', () => {});
      resolve({ response, text: () => text, ended });
    });
    call.end();
  });
}

t.test('live', async (t) => {
  const all = await watch(t, '/api/v1/decisions/live');
  t.match(all.response, { statusCode: 200, headers: { 'content-type': 'text/event-stream' } });
  const denied = await watch(t, '/api/v1/decisions/live?decision=deny');
  await send(t, { port, path: '/live/1', certificate: alice });
  await send(t, { port, path: '/admin/2' });
  await until(() => all.text().includes('/admin/2') && denied.text().includes('/admin/2'));
  const event = /event: decision\nid: (\d+)\ndata: (\{.*"\/live\/1".*\})\n\n/.exec(all.text());
  t.match(JSON.parse(event?.[2] ?? ''), { account: 'alice', status: 200, decision: 'allow' });
  t.notMatch(denied.text(), '/live/1', 'filters hold');

  const again = await watch(t, '/api/v1/decisions/live', { 'last-event-id': event?.[1] ?? '' });
  await until(() => again.text().includes('/admin/2'));
  t.notMatch(again.text(), '/live/1', 'who comes again goes on behind what was seen');
  t.match(await gateway.call('/api/v1/decisions/live?code=x'), { status: 400 });
  t.match(await gateway.call('/api/v1/decisions/live', { token: null }), { status: 401 });

  await gateway.reload({ yaml: YAML + ADMIN_YAML.replace(VIEWER.hash, createToken().hash) });
  await Promise.all([all.ended, denied.ended, again.ended]);
  t.pass('a reload that takes their token away ends them');
  await gateway.reload({ yaml: YAML + ADMIN_YAML });
});

t.test('few may watch', async (t) => {
  const watchers: Watching[] = [];
  for (let n = 0; n < 8; n++) watchers.push(await watch(t, '/api/v1/decisions/live'));
  const refused = await callAdmin(gateway.adminPort, '/api/v1/decisions/live', { token: OPERATOR.token });
  t.match(refused, { status: 429, json: { code: 'too-many-requests' } });
  watchers[0]?.response.destroy();
  let response: IncomingMessage | undefined;
  await until(async () => {
    ({ response } = await watch(t, '/api/v1/decisions/live'));
    return response.statusCode === 200;
  });
  t.equal(response?.statusCode, 200, 'a place that is left is another’s');
});
