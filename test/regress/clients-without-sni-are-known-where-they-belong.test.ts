// Without SNI one set of authorities serves several sites. A site with `sendIssuerList: false` among them left it empty,
// so that good clients of the others were refused; and the list named authorities of sites that such clients cannot reach.

import t, { type Test } from 'tap';
import { checkRefusal, send } from '../kit/client.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { runClient } from '../kit/openssl.ts';
import { startUpstream } from '../kit/upstream.ts';

const pki = makePki();
const { foreign, issuing } = pki;
const PARTNERS = 'trust: { anchors: [foreign.pem], revocation: { mode: "off" } }, upstream: app';

/** The default certificate is for localhost and silent.test; partners.test has its own. */
async function start(t: Test, more = '') {
  const upstream = await startUpstream(t);
  const partner = pki.root.server({ san: [{ kind: 'dns', value: 'partners.test' }] });
  const yaml = `
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }
  - { hosts: [partners.test], ${PARTNERS}, clientCertificate: require }
${more}
include: [more.yaml]
`;
  return startTestGateway(t, {
    pki,
    upstreamPort: upstream.port,
    serverNames: ['localhost', 'silent.test'],
    files: {
      'foreign.pem': foreign.pem,
      'partners.pem': partner.chainPem,
      'partners.key': partner.keyPem,
      'more.yaml': 'certificates: [{ cert: partners.pem, key: partners.key }]\n',
    },
    yaml,
  });
}

t.test('a site that sends no list harms no other', async (t) => {
  const silent = `  - { hosts: [silent.test], ${PARTNERS}, clientCertificate: require, sendIssuerList: false }`;
  const { port } = await start(t, silent);
  const [alice, partner] = [issuing.client({ cn: 'alice' }), foreign.client({ cn: 'partner' })];
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const servername of [null, undefined] as const) {
      const options = { port, version, ...(servername === null && { servername }) };
      const at = (host: string) => ({ ...options, headers: { host } });
      t.equal((await send(t, { ...at('localhost'), certificate: alice })).status, 200);
      checkRefusal(t, await send(t, { ...at('localhost'), certificate: partner }), 'certificate-untrusted');
    }
    const nameless = { port, version, servername: null, headers: { host: 'silent.test' } };
    t.equal((await send(t, { ...nameless, certificate: partner })).status, 200);
    checkRefusal(t, await send(t, { ...nameless, certificate: alice }), 'certificate-untrusted');
  }
});

t.test('only authorities of sites under the default certificate are named', async (t) => {
  const { port } = await start(t, `  - { hosts: ["*.corp.test"], ${PARTNERS}, clientCertificate: require }`);
  const named = (text: string) => /Acceptable client certificate CA names\n((?:.+=.+\n)*)/.exec(text)?.[1] ?? '';
  for (const version of ['-tls1_2', '-tls1_3']) {
    const partners = named(await runClient(t, port, [version, '-servername', 'partners.test']));
    t.match(partners, /Foreign Root/);
    const nameless = named(await runClient(t, port, [version, '-noservername']));
    t.match(nameless, /Test Issuing/);
    t.notMatch(nameless, /Foreign Root/);
  }
});

t.test('a site for every host is one that they reach, where no other has the host', async (t) => {
  const { port } = await start(t, `  - { hosts: ["*"], ${PARTNERS}, clientCertificate: require }`);
  const asked = { port, servername: null, headers: { host: 'silent.test' } };
  t.equal((await send(t, { ...asked, certificate: foreign.client({ cn: 'partner' }) })).status, 200);
  checkRefusal(t, await send(t, { ...asked, certificate: issuing.client({ cn: 'alice' }) }), 'certificate-untrusted');
});
