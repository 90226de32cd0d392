// Two trust stores on one site: the handshake takes certificates of both, and each path those of its own only.

import t from 'tap';
import { checkRefusal, send } from '../kit/client.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { makeRoot } from '../kit/pki.ts';
import { startUpstream } from '../kit/upstream.ts';

t.test('a certificate good for one store is refused under the other', async (t) => {
  const upstream = await startUpstream(t);
  const pki = makePki();
  const partners = makeRoot({ name: 'Partners' });
  // Its name is that of a corporate authority, its key is not.
  const namesake = partners.intermediate({ name: 'Test Issuing' });
  const gateway = await startTestGateway(t, {
    pki,
    upstreamPort: upstream.port,
    files: { 'partners.pem': partners.pem },
    yaml: `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: require
    paths:
      /partners: { trust: { anchors: [partners.pem], revocation: { mode: "off" } } }
      /partners/corporate: { trust: corporate }
      /either: { clientCertificate: forward-unverified }
`,
  });
  const { port } = gateway;
  const colleague = pki.issuing.client({ cn: 'alice' });
  const partner = partners.client({ cn: 'alice' });
  const pretender = namesake.client({ cn: 'alice' });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const [certificate, good, bad, code] of [
      [colleague, ['/', '/partners/corporate'], ['/partners'], 'certificate-untrusted'],
      [partner, ['/partners', '/PARTNERS'], ['/', '/partners/corporate'], 'certificate-untrusted'],
      [pretender, ['/partners'], ['/'], 'certificate-invalid'],
    ] as const) {
      for (const path of good) t.equal((await send(t, { port, version, certificate, path })).status, 200, path);
      const before = upstream.bytes();
      for (const path of bad) {
        checkRefusal(t, await send(t, { port, version, certificate, path }), code);
        t.match(gateway.requests().at(-1), { code, check: code === 'certificate-invalid' ? 'signature' : 'issuer' });
      }
      t.equal(upstream.bytes(), before);
    }
  }
});
