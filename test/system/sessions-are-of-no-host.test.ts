// A ticket of one host is taken at another one (CVE-2025-23419, CVE-2025-23048): nothing in TLS hinders it. What it brings
// is judged by the site that is asked, under the name that our own reader has found; between a host that asks for certificates
// and one that does not, nothing resumes.

import t, { type Test } from 'tap';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { nameOf, visit, WAYS } from '../kit/session-client.ts';
import { startUpstream } from '../kit/upstream.ts';

const pki = makePki();
const { root, issuing, foreign } = pki;
const partnerIssuing = foreign.intermediate({ name: 'Partner Issuing' });
const alice = issuing.client({ cn: 'alice' });
const partner = partnerIssuing.client({ cn: 'partner' });

const serverNames = ['one.test', 'two.test', 'par.test', 'all.test', 'off.test'];
const server = root.server({
  san: serverNames.map((value) => ({ kind: 'dns', value })),
  notAfter: Date.now() + 90 * 86_400_000,
});
const YAML = `
sites:
  - { hosts: [one.test], trust: corporate, upstream: app, clientCertificate: require }
  - hosts: [two.test]
    trust: corporate
    upstream: app
    clientCertificate: require
    deny: [{ subject: { CN: bob } }]
  - { hosts: [par.test], trust: { anchors: [partner.pem] }, upstream: app, clientCertificate: require }
  - { hosts: [all.test], trust: { anchors: [partner.pem] }, upstream: app, clientCertificate: accept }
  - { hosts: [off.test], upstream: app, clientCertificate: ignore }
`;

async function start(t: Test, more: Readonly<Record<string, string>> = {}) {
  const upstream = await startUpstream(t);
  const options = { pki, server, serverNames, yaml: YAML, files: { 'partner.pem': foreign.pem, ...more } };
  const gateway = await startTestGateway(t, { ...options, upstreamPort: upstream.port });
  return { gateway, upstream, port: gateway.port };
}

for (const way of WAYS) {
  t.test(`${nameOf(way)}: under the same authorities`, async (t) => {
    const { gateway, upstream, port } = await start(t);
    const bob = issuing.client({ cn: 'bob' });
    const [ofAlice, ofBob] = [
      await visit(t, { port, ...way, serverName: 'one.test', certificate: alice }),
      await visit(t, { port, ...way, serverName: 'one.test', certificate: bob }),
    ];
    t.match([ofAlice.status, ofBob.status], [200, 200]);
    const { session } = ofAlice;
    const there = await visit(t, { port, ...way, serverName: 'two.test', session });
    t.match(there, { resumed: true, status: 200 });
    t.match(gateway.requests().at(-1), { resumed: true, host: 'two.test', subject: 'CN=alice' });
    const bytes = upstream.bytes();
    for (const [serverName, host] of [
      ['one.test', 'two.test'],
      ['two.test', 'one.test'],
      ['two.test', 'off.test'],
    ] as const) {
      const mismatched = await visit(t, { port, ...way, serverName, host, session });
      t.match(mismatched, { resumed: true, status: 421, code: 'host-mismatch' }, `${serverName}, Host ${host}`);
    }
    const barred = await visit(t, { port, ...way, serverName: 'two.test', session: ofBob.session });
    t.match(barred, { resumed: true, status: 403, code: 'certificate-not-allowed', closed: true });
    t.equal(upstream.bytes(), bytes);
  });

  t.test(`${nameOf(way)}: under other authorities`, async (t) => {
    const { upstream, port } = await start(t);
    const { session } = await visit(t, { port, ...way, serverName: 'one.test', certificate: alice });
    const bytes = upstream.bytes();
    for (const [from, serverName] of [
      [2, 'par.test'],
      [3, 'all.test'],
    ] as const) {
      const options = { port, ...way, serverName, from };
      const there = await visit(t, { ...options, session });
      t.match(there, { resumed: true, status: 403, code: 'certificate-untrusted', closed: true }, serverName);
      const next = await visit(t, { ...options, certificate: alice, session });
      t.match(next, { resumed: false, status: 403, code: 'certificate-untrusted' }, serverName);
    }
    t.equal(upstream.bytes(), bytes);

    // Refused by gate 1 of the first host, it is not let in at the second by our validator alone.
    const options = { port, ...way, serverName: 'par.test', certificate: partner, from: 4 };
    t.match(await visit(t, options), { resumed: false, status: 200 });
    const elsewhere = await visit(t, { ...options, serverName: 'one.test' });
    t.match(elsewhere, { resumed: false, status: 403, code: 'certificate-untrusted' });
    const home = await visit(t, { ...options, session: elsewhere.session, from: 5 });
    t.match(home, { resumed: true, status: 403, code: 'certificate-untrusted', closed: true });
    const full = await visit(t, { ...options, session: elsewhere.session, from: 5 });
    t.match(full, { resumed: false, status: 200 }, 'by a full handshake it is');
  });

  t.test(`${nameOf(way)}: between hosts that ask and hosts that do not`, async (t) => {
    const { gateway, upstream, port } = await start(t);
    const silent = await visit(t, { port, ...way, serverName: 'off.test', certificate: alice });
    t.match(silent, { resumed: false, status: 200 });
    const again = await visit(t, { port, ...way, serverName: 'off.test', session: silent.session });
    t.match(again, { resumed: true, status: 200 }, 'at home it resumes');
    const asking = await visit(t, { port, ...way, serverName: 'one.test', certificate: alice });
    t.match(asking, { resumed: false, status: 200 });

    const there = await visit(t, { port, ...way, serverName: 'off.test', session: asking.session });
    t.match(there, { resumed: false, status: 200 });
    t.match(gateway.requests().at(-1), { resumed: false, host: 'off.test' });
    t.equal(gateway.requests().at(-1)?.subject, undefined);
    const bytes = upstream.bytes();
    const nobody = await visit(t, { port, ...way, serverName: 'one.test', session: silent.session });
    t.match(nobody, { resumed: false, status: 403, code: 'certificate-required' });
    t.equal(upstream.bytes(), bytes);
    const known = await visit(t, {
      port,
      ...way,
      serverName: 'one.test',
      certificate: alice,
      session: silent.session,
      from: 2,
    });
    t.match(known, { resumed: false, status: 200 }, 'whoever is asked can show its certificate');
  });

  t.test(`${nameOf(way)}: every spelling of a name is that name`, async (t) => {
    const { gateway, port } = await start(t);
    const { session } = await visit(t, { port, ...way, serverName: 'one.test', certificate: alice });
    for (const serverName of ['ONE.TEST', 'One.test']) {
      const again = await visit(t, { port, ...way, serverName, session });
      t.match(again, { resumed: true, status: 200 }, serverName);
      t.match(gateway.requests().at(-1), { resumed: true, host: 'one.test', subject: 'CN=alice' });
      const other = await visit(t, { port, ...way, serverName, host: 'par.test', session });
      t.match(other, { resumed: true, status: 421, code: 'host-mismatch' }, serverName);
    }
    const nameless = await visit(t, { port, ...way, serverName: '', host: 'one.test', certificate: alice });
    t.match(nameless, { resumed: false, status: 200 });
    const again = await visit(t, { port, ...way, serverName: '', host: 'one.test', session: nameless.session });
    t.match(again, { resumed: true, status: 200 }, 'without a name the default certificate says which hosts there are');
  });

  t.test(`${nameOf(way)}: intermediates that gate 1 went astray with`, async (t) => {
    const { port } = await start(t, { 'ca.pem': root.pem });
    // OpenSSL takes the first issuer of that name and key identifier, though its key is another one.
    const namesake = foreign.intermediate({ name: 'Test Issuing', subjectKeyId: issuing.keyId });
    const junk = { chainPem: alice.pem + namesake.pem + issuing.pem, keyPem: alice.keyPem };
    const options = { port, ...way, serverName: 'one.test', certificate: junk };
    const first = await visit(t, options);
    t.match(first, { resumed: false, status: 200 });
    const again = await visit(t, { ...options, session: first.session });
    t.match(again, { resumed: false, status: 200 }, 'such a client makes full handshakes, and notices nothing');
    const away = await visit(t, { ...options, session: first.session, from: 2 });
    t.match(away, { resumed: true, status: 403, closed: true }, 'from elsewhere it is refused once');
    t.match(await visit(t, { ...options, session: first.session, from: 2 }), { resumed: false, status: 200 });
  });
}
