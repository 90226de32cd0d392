// `allow` says who may pass where a certificate is required. A path below with `accept` inherited it, and refused good
// certificates there, while it let everybody in who had none.

import t from 'tap';
import { checkRefusal, send } from '../kit/client.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { headerOf, startUpstream } from '../kit/upstream.ts';

t.test('a path that accepts', async (t) => {
  const upstream = await startUpstream(t);
  const { port, pki } = await startTestGateway(t, {
    upstreamPort: upstream.port,
    yaml: `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: require
    allow: [{ subject: { CN: alice } }]
    deny: [{ subject: { CN: mallory } }]
    paths:
      /open: { clientCertificate: accept }
      /open/closed: { clientCertificate: require }
      /passed: { clientCertificate: forward-unverified }
`,
  });
  const [alice, bob, mallory] = ['alice', 'bob', 'mallory'].map((cn) => pki.issuing.client({ cn }));
  for (const path of ['/', '/open/closed']) {
    t.equal((await send(t, { port, path, certificate: alice })).status, 200);
    checkRefusal(t, await send(t, { port, path, certificate: bob }), 'certificate-not-allowed');
    checkRefusal(t, await send(t, { port, path }), 'certificate-required');
  }
  for (const path of ['/open', '/passed']) {
    for (const [certificate, verify] of [
      [undefined, 'NONE'],
      [alice, 'SUCCESS'],
      [bob, 'SUCCESS'],
    ] as const) {
      t.equal((await send(t, { port, path, certificate })).status, 200);
      t.strictSame(headerOf(upstream.last(), 'x-client-verify'), [verify]);
    }
    checkRefusal(t, await send(t, { port, path, certificate: mallory }), 'certificate-not-allowed');
  }
});
