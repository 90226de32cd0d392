// Who asks the admin API for a change was looked at when the head of the request came. Whoever was blocked before its body was
// there still made it: an operator who sees the end coming could keep changes ready.

import type { ClientRequest, IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { adminTlsOptions, callAdmin, OPERATOR } from '../kit/admin.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const upstream = await startUpstream(t);
const pki = makePki();
const { root, issuing } = pki;
const [leaver, stayer] = [issuing.client({ cn: 'op-1' }), issuing.client({ cn: 'op-2' })];
const server = root.server({ notAfter: Date.now() + 90 * 86_400_000 });

const YAML = `
directory: { url: "sqlite:clients.db" }
admin:
  address: 127.0.0.1:0
  tls: { cert: admin.pem, key: admin.key }
  limits: { requests: 10000, failures: 10000 }
  clients: { trust: corporate, rules: [{ role: operator, allow: [{ subject: { CN: "op-*" } }] }] }
  tokens: [{ name: ops, role: operator, hash: ${OPERATOR.hash} }]
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }]
`;

/** A change whose head has come, and whose body is sent by `finish`. */
async function begin(t: Test, port: number, certificate: typeof leaver, name: string) {
  const body = JSON.stringify({ name, why: 'to stay' });
  const call: ClientRequest = request({
    ...adminTlsOptions({ root, certificate }),
    host: '127.0.0.1',
    port,
    path: '/api/v1/clients',
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' },
  });
  t.teardown(() => call.destroy());
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    call.on('response', resolve).on('error', reject);
  });
  // As the server says when it has the head.
  const asked = new Promise((resolve) => call.once('continue', resolve));
  call.flushHeaders();
  await asked;
  call.write(body.slice(0, 1));
  return async () => {
    call.end(body.slice(1));
    const answer = await answered;
    return { status: answer.statusCode, json: JSON.parse(await text(answer)) };
  };
}

t.test('until the change is made', async (t) => {
  const files = { 'admin.pem': server.chainPem, 'admin.key': server.keyPem };
  const gateway = await startTestGateway(t, { pki, upstreamPort: upstream.port, yaml: YAML, files });
  const port = gateway.adminPort;
  const [finishLeaver, finishStayer] = [await begin(t, port, leaver, 'mallory'), await begin(t, port, stayer, 'carol')];
  const call = (path: string, more = {}) => callAdmin(port, `/api/v1${path}`, { tls: { root }, ...more });
  const body = { certificate: { pem: leaver.chainPem }, reason: 'left' };
  t.match(await call('/blocks', { method: 'POST', body }), { status: 201 });
  const own = { token: null, tls: { root, certificate: leaver } };
  await until(async () => (await call('/status', own)).status === 403);
  t.match(await finishStayer(), { status: 201 });
  t.match(await finishLeaver(), { status: 403, json: { code: 'role-required' } });
  t.match(await call('/clients/carol'), { status: 200 });
  t.match(await call('/clients/mallory'), { status: 404 }, 'nothing was changed');
});
