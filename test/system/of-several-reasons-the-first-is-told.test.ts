// The order of design section 5: a request with everything wrong is mended from the front, one thing at a time.

import t from 'tap';
import { checkRefusal, type RequestOptions, send } from '../kit/client.ts';
import { REVOKED_SERIAL } from '../kit/clients.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { type CertificateOptions, PURPOSE } from '../kit/pki.ts';
import { startUpstream } from '../kit/upstream.ts';

t.test('request, host, path, certificate path, dates, usage, revocation, allow', async (t) => {
  const upstream = await startUpstream(t);
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
    allow: [{ subject: { CN: alice } }]
`,
  });
  const { issuing, foreign } = pki;
  const expired: CertificateOptions = { notAfter: Date.now() - 60_000 };
  const forServers: CertificateOptions = { eku: [PURPOSE.serverAuth] };
  const revoked: CertificateOptions = { cn: 'mallory', serial: REVOKED_SERIAL };
  const strange = foreign.client({ ...expired, ...forServers, ...revoked });
  const late = issuing.client({ ...expired, ...forServers, ...revoked });
  const server = issuing.client({ ...forServers, ...revoked });
  const withdrawn = issuing.client(revoked);
  const mallory = issuing.client({ cn: 'mallory' });
  const alice = issuing.client({ cn: 'alice' });

  const path = '/a/../b';
  const host = { host: 'unknown.test' };
  const rows: readonly (readonly [Partial<RequestOptions>, Parameters<typeof checkRefusal>[2]])[] = [
    [{ certificate: strange, path, headers: { ...host, expect: 'nonsense' } }, 'expectation-failed'],
    [{ certificate: strange, path, headers: host }, 'host-unknown'],
    [{ certificate: strange, path }, 'path-invalid'],
    [{ certificate: strange }, 'certificate-untrusted'],
    [{ certificate: late }, 'certificate-expired'],
    [{ certificate: server }, 'certificate-usage'],
    [{ certificate: withdrawn }, 'certificate-revoked'],
    [{ certificate: mallory }, 'certificate-not-allowed'],
  ];
  for (const [options, code] of rows) {
    checkRefusal(t, await send(t, { port: gateway.port, ...options }), code);
    t.equal(gateway.requests().at(-1)?.code, code);
  }
  t.equal(upstream.bytes(), 0);
  t.equal((await send(t, { port: gateway.port, certificate: alice })).status, 200, 'mended to the end');
});
