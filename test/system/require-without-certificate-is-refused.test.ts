// The walking skeleton: one Require path through every layer, from the handshake to the upstream's headers and back.

import t from 'tap';
import { checkRefusal, send } from '../kit/client.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { headerOf, startUpstream } from '../kit/upstream.ts';

t.test('a path that requires a certificate', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, {
    upstreamPort: upstream.port,
    yaml: `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: require
`,
  });
  const { port, pki } = gateway;
  const alice = pki.issuing.client({ cn: 'alice', serial: '0A1B2C' });

  const allowed = await send(t, { port, certificate: alice, path: '/orders?id=1' });
  t.equal(allowed.status, 200);
  t.equal(allowed.text, 'answered /orders?id=1');
  const [received] = upstream.received;
  t.ok(received);
  if (!received) return;
  t.strictSame(headerOf(received, 'x-client-verify'), ['SUCCESS']);
  t.strictSame(headerOf(received, 'x-client-subject'), ['CN=alice']);
  t.strictSame(headerOf(received, 'x-client-serial'), ['0A1B2C']);

  const before = upstream.bytes();
  checkRefusal(t, await send(t, { port }), 'certificate-required');
  t.equal(upstream.bytes(), before, 'the upstream got nothing of it');
  t.match(gateway.requests().at(-1), {
    decision: 'deny',
    code: 'certificate-required',
    rule: 'localhost/',
    status: 403,
  });
});
