// `/REPORTS` falls under `/reports` where case does not count, and so belongs to the upstream of `/reports`. It went to
// that of the enclosing rule when both were equally strict.

import t from 'tap';
import { send } from '../kit/client.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { startUpstream } from '../kit/upstream.ts';

t.test('whatever the case', async (t) => {
  const [app, reports] = [await startUpstream(t), await startUpstream(t)];
  const gateway = await startTestGateway(t, {
    upstreamPort: app.port,
    yaml: `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: require
    paths:
      /reports: { upstream: { url: "http://127.0.0.1:${reports.port}" } }
`,
  });
  const certificate = gateway.pki.issuing.client({ cn: 'alice' });
  for (const path of ['/reports', '/REPORTS', '/Reports/x']) {
    t.equal((await send(t, { port: gateway.port, certificate, path })).status, 200);
    t.equal(gateway.requests().at(-1)?.rule, 'localhost/reports');
  }
  t.strictSame([app.received.length, reports.received.length], [0, 3]);
});
