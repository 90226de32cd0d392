// Whoever is asked for a certificate gets the names of the authorities of the site that it asks for and of no other, or
// without any (`sendIssuerList: false`).

import t, { type Test } from 'tap';
import { startTestGateway } from '../kit/gateway.ts';
import { runClient } from '../kit/openssl.ts';
import { makeRoot } from '../kit/pki.ts';
import { startUpstream } from '../kit/upstream.ts';

const SITES = `
sites:
  - { hosts: [listed.test], trust: corporate, upstream: app, clientCertificate: require }
  - { hosts: [partners.test], trust: { anchors: [partners.pem] }, upstream: app, clientCertificate: require }
`;
const SILENT =
  '  - { hosts: [silent.test], trust: corporate, upstream: app, clientCertificate: require, sendIssuerList: false }\n';

async function startListing(t: Test, yaml: string) {
  const upstream = await startUpstream(t);
  return startTestGateway(t, {
    upstreamPort: upstream.port,
    serverNames: ['listed.test', 'partners.test', 'silent.test'],
    files: { 'partners.pem': makeRoot({ name: 'Partners Root' }).pem },
    yaml,
  });
}

interface Asked {
  readonly asked: boolean;
  readonly names: readonly string[];
}

/** What s_client says of the CertificateRequest. */
async function readRequest(t: Test, port: number, options: readonly string[]): Promise<Asked> {
  const text = await runClient(t, port, options);
  const list = /Acceptable client certificate CA names\n((?:.+=.+\n)*)/.exec(text)?.[1] ?? '';
  return {
    asked: /Requested Signature Algorithms|Client Certificate Types/.test(text),
    names: list
      .split('\n')
      .filter((line) => /^[A-Z]+ ?=/.test(line))
      .sort(),
  };
}

const CORPORATE = ['CN = Test Issuing', 'CN = Test Root'];
const PARTNERS = ['CN = Partners Root'];

for (const version of ['-tls1_2', '-tls1_3']) {
  t.test(`s_client ${version}`, async (t) => {
    const { port } = await startListing(t, SITES + SILENT);
    const at = (host: string) => readRequest(t, port, [version, '-servername', host]);
    t.strictSame(await at('listed.test'), { asked: true, names: CORPORATE }, 'the names of the site');
    t.strictSame(await at('partners.test'), { asked: true, names: PARTNERS }, 'of that site only');
    t.strictSame(await at('silent.test'), { asked: true, names: [] }, 'none where the site wants none');
    const nameless = await readRequest(t, port, [version, '-noservername']);
    t.strictSame(nameless, { asked: true, names: [] }, 'none without SNI, where one of the sites wants none');
  });

  t.test(`s_client ${version} without SNI`, async (t) => {
    const { port } = await startListing(t, SITES);
    const nameless = await readRequest(t, port, [version, '-noservername']);
    t.strictSame(nameless, { asked: true, names: [...PARTNERS, ...CORPORATE] }, 'the names of all sites');
  });
}
