// `/admin%253bx` is `/admin` for an upstream that decodes twice and cuts path parameters off. The two readings were only
// tried in the other order, in which no parameter shows.

import t from 'tap';
import { checkRefusal, send } from '../kit/client.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { startUpstream } from '../kit/upstream.ts';

t.test('the rule of the path without them holds', async (t) => {
  const upstream = await startUpstream(t);
  const { port, pki } = await startTestGateway(t, {
    upstreamPort: upstream.port,
    yaml: `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: ignore
    paths:
      /admin: { clientCertificate: require }
`,
  });
  const certificate = pki.issuing.client({ cn: 'alice' });
  for (const path of ['/admin%253bx', '/admin%253Bx/y', '/%2561dmin%253bx', '/ADMIN%253b']) {
    t.equal((await send(t, { port, certificate, path })).status, 200, path);
    checkRefusal(t, await send(t, { port, path }), 'certificate-required');
  }
  t.equal((await send(t, { port, path: '/x%253badmin' })).status, 200, 'what stands behind the semicolon is no path');
  const before = upstream.bytes();
  for (const path of ['/x/..%253b/admin', '/x/.%253b', '/%252e%252e%253bx/admin']) {
    checkRefusal(t, await send(t, { port, certificate, path }), 'path-invalid');
  }
  t.equal(upstream.bytes(), before);
});
