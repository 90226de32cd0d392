// A WebSocket upgrade is judged like any request: every mode against every kind of certificate.

import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import type { ReasonCode } from '../../src/model/reasons.ts';
import { checkRefusal } from '../kit/client.ts';
import { DEFECTS, REVOKED_SERIAL, SPOOFED, soundClient, writeUnverified } from '../kit/clients.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { identityHeadersOf, NOBODY, writeIdentity } from '../kit/identity.ts';
import { makeKey, type TestCertificate } from '../kit/pki.ts';
import { until } from '../kit/until.ts';
import { echo, openWebSocket, startEchoUpstream } from '../kit/websocket-client.ts';

const upstream = await startEchoUpstream(t);
const pki = makePki();
const gateway = await startTestGateway(t, {
  pki,
  upstreamPort: upstream.port,
  revocation: '{ mode: hard, crl: [ca.crl] }',
  crl: { revoked: [REVOKED_SERIAL] },
  yaml: `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: require
    paths:
      /accept: { clientCertificate: accept }
      /ignore: { clientCertificate: ignore }
      /unverified: { clientCertificate: forward-unverified }
`,
});
const key = makeKey('ec');
const sound = soundClient(pki, key);

async function checkOpens(
  t: Test,
  path: string,
  certificate: TestCertificate | undefined,
  identity: readonly string[],
): Promise<void> {
  const lines = gateway.requests().length;
  const socket = await openWebSocket(t, { port: gateway.port, path, certificate, headers: SPOOFED });
  if (!(socket instanceof WebSocket)) {
    t.fail(`${path} was refused: ${socket.text}`);
    return;
  }
  t.equal(await echo(socket, 'hello'), 'hello');
  const received = upstream.received.at(-1);
  t.equal(received?.url, path);
  t.strictSame(received && identityHeadersOf(received), identity, 'the upstream saw exactly ours');
  socket.close();
  await until(() => gateway.requests().length > lines);
  t.match(gateway.requests().at(-1), { status: 101, decision: 'allow', rule: `localhost${path}`, path, method: 'GET' });
}

async function checkDenied(
  t: Test,
  path: string,
  certificate: TestCertificate | undefined,
  code: ReasonCode,
  check?: string,
) {
  const before = upstream.bytes();
  const answer = await openWebSocket(t, { port: gateway.port, path, certificate, headers: SPOOFED });
  if (answer instanceof WebSocket) {
    t.fail(`${path} was opened`);
    return;
  }
  checkRefusal(t, answer, code);
  t.equal(upstream.bytes(), before, 'the upstream got nothing of it');
  t.match(gateway.requests().at(-1), { status: 403, decision: 'deny', code, ...(check && { check }) });
}

t.test('no certificate', async (t) => {
  await checkDenied(t, '/', undefined, 'certificate-required');
  for (const path of ['/accept', '/ignore', '/unverified']) await checkOpens(t, path, undefined, NOBODY);
});

t.test('a good certificate', async (t) => {
  for (const path of ['/', '/accept', '/unverified'])
    await checkOpens(t, path, sound, writeIdentity(sound, 'CN=alice'));
  await checkOpens(t, '/ignore', sound, NOBODY);
});

for (const { name, code, check, make } of DEFECTS) {
  t.test(`a certificate ${name}`, async (t) => {
    const certificate = make(pki, key);
    for (const path of ['/', '/accept']) {
      await checkOpens(t, path, sound, writeIdentity(sound, 'CN=alice'));
      await checkDenied(t, path, certificate, code, check);
    }
    await checkOpens(t, '/unverified', certificate, writeUnverified(certificate, code));
    await checkOpens(t, '/ignore', certificate, NOBODY);
  });
}
