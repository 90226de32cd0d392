// Which rule encloses which was found by comparing the paths as text. Where letter case does not count, `/Admin: require`
// did not enclose `/admin/users`, which then took the mode of the site; the same with escapes in another case.

import t from 'tap';
import { checkRefusal, send } from '../kit/client.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { startUpstream } from '../kit/upstream.ts';

t.test('a path inherits from the one that encloses it in another spelling', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, {
    upstreamPort: upstream.port,
    yaml: `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: accept
    paths:
      /admin/users: { upstream: app }
      /Admin: { clientCertificate: require, allow: [{ subject: { CN: alice } }] }
      /%C3%84: { clientCertificate: require, allow: [{ subject: { CN: alice } }] }
      /%c3%84/users: { upstream: app }
      /%C3%A4/ROLES: { upstream: app }
`,
  });
  const { port, pki } = gateway;
  const [alice, bob] = [pki.issuing.client({ cn: 'alice' }), pki.issuing.client({ cn: 'bob' })];
  t.equal((await send(t, { port, path: '/other' })).status, 200, 'the site itself asks for nothing');
  for (const [path, rule] of [
    ['/admin/users', '/admin/users'],
    ['/ADMIN/Users/x', '/admin/users'],
    ['/%C3%84/users', '/%c3%84/users'],
    ['/%c3%84/roles', '/%C3%A4/ROLES'],
    ['/%c3%a4/users', '/%c3%84/users'],
  ] as const) {
    t.equal((await send(t, { port, certificate: alice, path })).status, 200, path);
    t.equal(gateway.requests().at(-1)?.rule, `localhost${rule}`);
    const before = upstream.bytes();
    checkRefusal(t, await send(t, { port, path }), 'certificate-required');
    checkRefusal(t, await send(t, { port, certificate: bob, path }), 'certificate-not-allowed');
    t.equal(upstream.bytes(), before);
  }
});
