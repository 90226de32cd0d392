// What a client sends behind its certificate is its own choice. It may help to find the path, and can change nothing
// else: not who issued it, not whether it is revoked (nodejs/node#58457, CVE-2023-2422).

import { randomBytes } from 'node:crypto';
import t from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { send } from '../kit/client.ts';
import { makePki } from '../kit/gateway.ts';
import { identityHeadersOf, writeIdentity } from '../kit/identity.ts';
import { makeRoot, type TestCertificate } from '../kit/pki.ts';

/** Certificates that an attacker can have, made to look like those of the trust store. */
function makeLookalikes({ root, issuing }: ReturnType<typeof makePki>) {
  const fakeRoot = makeRoot({ name: 'Test Root', subjectKeyId: root.keyId });
  const named = { name: 'Test Issuing', subjectKeyId: issuing.keyId };
  return {
    fakeRoot,
    fakeIssuing: fakeRoot.intermediate(named),
    selfMade: makeRoot(named),
    expired: root.intermediate({ ...named, notBefore: Date.now() - 7_200_000, notAfter: Date.now() - 3_600_000 }),
  };
}

const joinPem = (...certificates: readonly { pem: string }[]) => certificates.map(({ pem }) => pem).join('');
const makeJunk = (count: number) =>
  Array.from({ length: count }, (_, n) => makeRoot({ name: `Junk ${n} ${randomBytes(4).toString('hex')}` }));

/** Everything but the leaf of `pem`, as it might be sent. */
function makeBags(pki: ReturnType<typeof makePki>): readonly (readonly [string, readonly TestCertificate[]])[] {
  const { root, issuing, foreign } = pki;
  const { fakeRoot, fakeIssuing, selfMade, expired } = makeLookalikes(pki);
  const victim = issuing.client({ cn: 'victim', serial: '0B' });
  return [
    ['nothing', []],
    ['the intermediate and the root', [issuing, root]],
    ['reversed', [root, issuing]],
    ['the same ones again and again', [issuing, issuing, root, issuing, root]],
    ['a fake intermediate of the same name and key identifier', [fakeIssuing]],
    ['a fake one before the right one', [fakeIssuing, issuing]],
    ['a fake one behind the right one', [issuing, fakeIssuing]],
    ['a fake one with its fake root', [fakeIssuing, fakeRoot]],
    ['a self-made one of the same name', [selfMade]],
    ['an expired one of the same name', [expired]],
    ['the certificate of somebody else', [victim]],
    ['the certificate of somebody else, and the path', [victim, issuing, root]],
    ['another authority', [foreign]],
    ['a fake root alone', [fakeRoot]],
    ['ten that have to do with nothing', makeJunk(10)],
  ];
}

t.test('the identity is that of the certificate alone', async (t) => {
  const pki = makePki();
  const { port, upstream } = await startAttacked(t, { pki });
  const alice = pki.issuing.client({ cn: 'alice', serial: '0A' });
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const [name, bag] of makeBags(pki)) {
      const chainPem = joinPem(alice, ...bag);
      const answer = await send(t, { port, path: '/admin', certificate: alice, chainPem, version });
      t.equal(answer.status, 200, `${version}: ${name}`);
      t.strictSame(identityHeadersOf(upstream.last()), writeIdentity(alice, 'CN=alice'));
    }
  }
});

t.test('where the client has to bring the intermediate, fakes beside it do no harm', async (t) => {
  const pki = makePki();
  const yaml = `
  - { hosts: [bring.test], trust: { anchors: [root.pem] }, upstream: app, clientCertificate: require }
`;
  const serverNames = ['localhost', 'secure.test', 'open.test', 'bring.test'];
  const files = { 'root.pem': pki.root.pem };
  const { port, upstream } = await startAttacked(t, { pki, yaml, serverNames, files });
  const alice = pki.issuing.client({ cn: 'alice' });
  for (const [name, bag] of makeBags(pki)) {
    const chainPem = joinPem(alice, ...bag);
    await t.test(name, async (t) => {
      const before = upstream.bytes();
      const answer = await send(t, { port, servername: 'bring.test', certificate: alice, chainPem });
      if (bag.includes(pki.issuing)) {
        t.equal(answer.status, 200);
        t.strictSame(identityHeadersOf(upstream.last()), writeIdentity(alice, 'CN=alice'));
      } else {
        t.match(answer, { status: 403, text: /certificate-(untrusted|invalid|expired)/ });
        t.equal(upstream.bytes(), before);
      }
    });
  }
});

t.test('a revoked certificate stays revoked', async (t) => {
  const pki = makePki();
  const revocation = '{ mode: hard, crl: [ca.crl] }';
  const { port, upstream } = await startAttacked(t, { pki, revocation, crl: { revoked: ['0C'] } });
  const good = pki.issuing.client({ cn: 'mallory', serial: '0D' });
  const revoked = pki.issuing.client({ cn: 'mallory', serial: '0C' });
  for (const [name, bag] of makeBags(pki)) {
    const ask = (certificate: TestCertificate) =>
      send(t, { port, path: '/admin', certificate, chainPem: joinPem(certificate, ...bag) });
    t.equal((await ask(good)).status, 200, `one with another serial is accepted with ${name}`);
    const before = upstream.bytes();
    t.match(await ask(revoked), { status: 403, text: /certificate-revoked/ }, `and this one refused`);
    t.equal(upstream.bytes(), before);
  }
});

t.test('no bag makes a stranger known', async (t) => {
  const pki = makePki();
  const { port, upstream, alice } = await startAttacked(t, { pki });
  t.equal((await send(t, { port, path: '/admin', certificate: alice })).status, 200);
  const before = upstream.bytes();
  const { fakeRoot, fakeIssuing, selfMade } = makeLookalikes(pki);
  for (const issuer of [fakeRoot, fakeIssuing, selfMade, pki.foreign, alice]) {
    const stranger = issuer.client({ cn: 'alice' });
    for (const bag of [
      [],
      issuer.issuers,
      [issuer, ...issuer.issuers],
      [pki.issuing, pki.root],
      [alice, pki.issuing],
    ]) {
      const chainPem = joinPem(stranger, ...bag);
      const answer = await send(t, { port, path: '/admin', certificate: stranger, chainPem });
      t.match(answer, { status: 403, text: /certificate-(untrusted|invalid)/ });
    }
  }
  t.equal(upstream.bytes(), before);
});

t.test('more certificates than the limit are refused, whatever they are', async (t) => {
  const { port, alice, gateway } = await startAttacked(t);
  const junk = makeJunk(30);
  const ask = (count: number) =>
    send(t, { port, path: '/admin', certificate: alice, chainPem: joinPem(alice, ...junk.slice(0, count)) });
  t.equal((await ask(16)).status, 200, 'sixteen are read');
  t.match(await ask(17), { status: 403, text: /certificate-invalid/ });
  t.match(gateway.requests().at(-1), { code: 'certificate-invalid', check: 'presented-limit' });
  t.match(await ask(30), { status: 403, text: /certificate-invalid/ });
  t.match(gateway.requests().at(-1), { code: 'certificate-invalid', check: 'presented-limit' });
});

t.test('two authorities of one name are two', async (t) => {
  const pki = makePki();
  const twin = pki.root.intermediate({ name: 'Test Issuing' });
  const revocation = '{ mode: hard, crl: [ca.crl, twin.crl] }';
  const { port, upstream } = await startAttacked(t, {
    pki,
    revocation,
    crl: { revoked: ['0E'] },
    files: { 'twin.crl': twin.crl().pem },
  });
  const ofTwin = twin.client({ cn: 'alice', serial: '0E' });
  const ofIssuing = pki.issuing.client({ cn: 'alice', serial: '0E' });
  for (const bag of [[twin], [twin, pki.issuing], [pki.issuing, twin]]) {
    const chainPem = joinPem(ofTwin, ...bag);
    t.equal((await send(t, { port, path: '/admin', certificate: ofTwin, chainPem })).status, 200);
    const before = upstream.bytes();
    const refused = await send(t, {
      port,
      path: '/admin',
      certificate: ofIssuing,
      chainPem: joinPem(ofIssuing, ...bag),
    });
    t.match(refused, { status: 403, text: /certificate-revoked/ }, 'the same name and serial of the other one');
    t.equal(upstream.bytes(), before);
  }
});
