// A certificate names addresses for its issuer, its revocation lists and its responder. Who asks them on a stranger's
// word asks wherever the stranger wants (design rule 9).

import t from 'tap';
import { encode, oid, sequence } from '../../src/x509/der-writer.ts';
import { startAttacked } from '../kit/attacked.ts';
import { startCanary } from '../kit/canary.ts';
import { send } from '../kit/client.ts';
import { makePki, type TestPki } from '../kit/gateway.ts';
import { makeRoot, type TestCertificate } from '../kit/pki.ts';

/** RFC 5280 4.2.2.1: where a copy of the issuer's certificate is. */
function issuersAt(uri: string) {
  const description = sequence(oid('1.3.6.1.5.5.7.48.2'), encode(0x86, Buffer.from(uri)));
  return { oid: '1.3.6.1.5.5.7.1.1', value: sequence(description) };
}

function makeClients({ foreign, issuing }: TestPki, uri: string): readonly (readonly [string, TestCertificate])[] {
  const lists = { crlUris: [uri, 'ldap:///CN=x', 'file:///etc/passwd'] };
  return [
    ['revocation lists', foreign.client(lists)],
    ['a responder', foreign.client({ ocspUris: [uri] })],
    ['both', foreign.client({ ...lists, ocspUris: [uri] })],
    ['its issuer', foreign.client({ extensions: [issuersAt(uri)] })],
    ['revocation lists, and is its own issuer', makeRoot({ ...lists, name: 'self', ca: false })],
    ['revocation lists of a forged issuer', issuing.client({ ...lists, signWith: foreign.key })],
    ['a responder, and has expired', issuing.client({ ...lists, ocspUris: [uri], notAfter: Date.now() - 60_000 })],
  ];
}

for (const revocation of ['{ mode: "off" }', '{ mode: soft, crl: [ca.crl] }', '{ mode: hard, crl: [ca.crl] }']) {
  t.test(`revocation: ${revocation}`, async (t) => {
    const pki = makePki();
    const canary = await startCanary(t);
    const yaml = `
  - { hosts: [unverified.test], trust: corporate, upstream: app, clientCertificate: forward-unverified }
`;
    const serverNames = ['localhost', 'secure.test', 'open.test', 'unverified.test'];
    const { port, upstream, alice } = await startAttacked(t, { pki, revocation, yaml, serverNames });
    t.equal((await send(t, { port, path: '/admin', certificate: alice })).status, 200);
    for (const [name, certificate] of makeClients(pki, `http://127.0.0.1:${canary.port}/x`)) {
      for (const path of ['/admin', '/x']) {
        const before = upstream.bytes();
        const answer = await send(t, { port, path, certificate });
        t.match(answer, { status: 403, text: /certificate-(untrusted|invalid|expired)/ }, `${path}: names ${name}`);
        t.equal(upstream.bytes(), before);
      }
      t.equal((await send(t, { port, path: '/public', certificate })).status, 200);
      t.equal((await send(t, { port, servername: 'unverified.test', certificate })).status, 200);
    }
    t.equal(canary.hits(), 0);
  });
}
