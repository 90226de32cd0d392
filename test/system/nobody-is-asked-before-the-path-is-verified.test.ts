// The addresses in a certificate count only when it is known whose they are: behind a verified path (design rule 9). The
// host is one that may be asked, so that nothing but the path stands between a stranger and the request.

import t from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { startCanary } from '../kit/canary.ts';
import { send } from '../kit/client.ts';
import { makePki, type TestPki } from '../kit/gateway.ts';
import { makeRoot, type TestCertificate } from '../kit/pki.ts';
import { startUpstream } from '../kit/upstream.ts';

function makeStrangers({ foreign, issuing }: TestPki, uri: string): readonly (readonly [string, TestCertificate])[] {
  const addresses = { crlUris: [uri, 'ldap:///CN=x', 'file:///etc/passwd'], ocspUris: [uri] };
  return [
    ['of another authority', foreign.client(addresses)],
    ['its own authority', makeRoot({ ...addresses, name: 'self', ca: false })],
    ['with a forged signature', issuing.client({ ...addresses, signWith: foreign.key })],
    ['that has expired', issuing.client({ ...addresses, notAfter: Date.now() - 60_000 })],
    ['for servers', issuing.server(addresses)],
    ['below another client', issuing.client({ name: 'bob' }).client(addresses)],
  ];
}

for (const mode of ['soft', 'hard']) {
  t.test(`mode: ${mode}`, async (t) => {
    const pki = makePki();
    const canary = await startCanary(t);
    const lists = await startUpstream(t, {
      answer: (request, response) => response.end((request.url === '/root' ? pki.root : pki.issuing).crl().der),
    });
    const hosts = [canary.port, lists.port].map((port) => `"127.0.0.1:${port}"`).join(', ');
    const revocation = `{ mode: ${mode}, depth: leaf, cdp: true, ocsp: true, allowHosts: [${hosts}] }`;
    const { port, upstream } = await startAttacked(t, { pki, revocation });

    const alice = pki.issuing.client({ crlUris: ['ldap:///CN=x', `http://127.0.0.1:${lists.port}/issuing`] });
    t.equal((await send(t, { port, path: '/admin', certificate: alice })).status, 200);
    t.equal(lists.received.length, 1, 'what a verified certificate names is asked');

    for (const [name, certificate] of makeStrangers(pki, `http://127.0.0.1:${canary.port}/x`)) {
      const before = upstream.bytes();
      for (const path of ['/admin', '/x']) {
        t.equal((await send(t, { port, path, certificate })).status, 403, `${path}: one ${name}`);
      }
      t.equal(upstream.bytes(), before);
      t.equal((await send(t, { port, path: '/public', certificate })).status, 200);
    }
    t.equal(canary.hits(), 0);
  });
}
