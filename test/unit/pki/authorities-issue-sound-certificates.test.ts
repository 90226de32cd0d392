import { X509Certificate } from 'node:crypto';
import { connect, createServer, type TLSSocket } from 'node:tls';
import t from 'tap';
import {
  type Authority,
  type Credential,
  chainPem,
  createIntermediateAuthority,
  createRootAuthority,
  privateKeyPem,
} from '../../../src/pki/authority.ts';
import { createCrl } from '../../../src/pki/crl.ts';
import { PURPOSE } from '../../../src/pki/extensions.ts';
import { issueClientCertificate, issueServerCertificate } from '../../../src/pki/issue.ts';
import { checkSignature } from '../../../src/x509/signature.ts';
import { makeRoot } from '../../kit/pki.ts';

const now = Date.now();
const DAY_MS = 86_400_000;
const named = (value: string) => ({ subject: [{ type: 'CN', value }], now });

const root = createRootAuthority({
  subject: [
    { type: 'O', value: 'Org' },
    { type: 'CN', value: 'Root' },
  ],
  now,
  days: 3650,
});
const intermediate = createIntermediateAuthority(root, { ...named('Intermediate'), days: 1825 });
const server = issueServerCertificate(intermediate, {
  ...named('localhost'),
  days: 90,
  alternativeNames: [
    { kind: 'dns', value: 'localhost' },
    { kind: 'ip', value: '127.0.0.1' },
  ],
});
const client = issueClientCertificate(intermediate, {
  ...named('alice'),
  days: 365,
  alternativeNames: [
    { kind: 'dns', value: 'a.example' },
    { kind: 'uri', value: 'spiffe://x/y' },
    { kind: 'email', value: 'a@b.example' },
    { kind: 'ip', value: '2001:db8::1' },
    { kind: 'upn', value: 'alice@corp' },
  ],
});

const critical = ({ certificate }: Credential) =>
  certificate.extensions.filter((extension) => extension.critical).map(({ oid }) => oid);

t.test('profiles', async (t) => {
  t.match(root.certificate.known, { basicConstraints: { ca: true, pathLength: undefined } });
  t.match(intermediate.certificate.known, { basicConstraints: { ca: true, pathLength: 0 } });
  for (const authority of [root, intermediate]) {
    t.same([...(authority.certificate.known.keyUsage ?? [])], ['keyCertSign', 'cRLSign']);
    t.same(critical(authority), ['2.5.29.19', '2.5.29.15']);
    t.equal(authority.certificate.known.extendedKeyUsage, undefined);
  }
  for (const [leaf, purpose] of [
    [server, PURPOSE.serverAuth],
    [client, PURPOSE.clientAuth],
  ] as const) {
    t.same(leaf.certificate.known.basicConstraints, { ca: false, pathLength: undefined });
    t.same([...(leaf.certificate.known.keyUsage ?? [])], ['digitalSignature']);
    t.same(leaf.certificate.known.extendedKeyUsage, [purpose]);
    t.same(critical(leaf), ['2.5.29.19', '2.5.29.15']);
  }
  t.match(client.certificate.known.subjectAltNames, [
    { kind: 'dns', value: 'a.example' },
    { kind: 'uri', value: 'spiffe://x/y' },
    { kind: 'email', value: 'a@b.example' },
    { kind: 'ip', value: '2001:db8::1' },
    { kind: 'upn', value: 'alice@corp' },
  ]);
});

t.test('links', async (t) => {
  const links: [Credential, Authority][] = [
    [root, root],
    [intermediate, root],
    [server, intermediate],
    [client, intermediate],
  ];
  for (const [{ certificate, privateKey }, { certificate: issuer }] of links) {
    t.equal(certificate.issuer.matchKey, issuer.subject.matchKey);
    t.equal(certificate.known.authorityKeyId, issuer.known.subjectKeyId);
    t.equal(checkSignature(certificate, issuer.publicKey), undefined);
    t.ok(new X509Certificate(certificate.der).checkIssued(new X509Certificate(issuer.der)));
    t.ok(new X509Certificate(certificate.der).checkPrivateKey(privateKey));
    t.equal(certificate.serial.length, 32);
    t.equal(certificate.version, 3);
  }
  t.same(root.chain, [root.certificate]);
  t.same(intermediate.chain, [intermediate.certificate]);
  t.same(client.chain, [client.certificate, intermediate.certificate], 'without the root');
  t.match(privateKeyPem(client), /^-----BEGIN PRIVATE KEY-----\n/, 'PKCS#8');
});

t.test('dates', async (t) => {
  const { notBefore, notAfter } = client.certificate;
  t.ok(notBefore < now && notBefore > now - DAY_MS);
  t.equal(notAfter, Math.floor((now + 365 * DAY_MS) / 1000) * 1000);
  const late = issueClientCertificate(intermediate, { ...named('late'), days: 9999, alternativeNames: [] });
  t.equal(late.certificate.notAfter, intermediate.certificate.notAfter, 'not after its issuer');
});

t.test('choices', async (t) => {
  const rsa = issueClientCertificate(root, { ...named('old'), days: 1, key: 'rsa', alternativeNames: [] });
  t.match(rsa.certificate.publicKey, { kind: 'rsa', bits: 3072 });
  t.match(client.certificate.publicKey, { kind: 'ec', curve: 'prime256v1' });
  t.equal(rsa.certificate.known.subjectAltNames, undefined);
  t.equal(
    createRootAuthority({ ...named('R'), days: 1, pathLength: 1 }).certificate.known.basicConstraints?.pathLength,
    1,
  );
  const alternativeNames = [{ kind: 'upn', value: 'a@b' }] as const;
  const nameless = issueClientCertificate(root, { subject: [], now, days: 1, alternativeNames });
  t.ok(critical(nameless).includes('2.5.29.17'), 'the only name there is is critical');
  const foreign = makeRoot({ subjectKeyId: 'abcdef' });
  const authority = { certificate: foreign.facts, privateKey: foreign.key, chain: [foreign.facts] };
  const below = issueClientCertificate(authority, { ...named('b'), days: 1, alternativeNames: [] });
  t.equal(below.certificate.known.authorityKeyId, 'abcdef', 'what the issuer calls its key');
});

t.test('what cannot be written', async (t) => {
  const issue = (type: string, kind: 'ip' | 'dns', value: string) =>
    issueClientCertificate(root, {
      subject: [{ type, value: 'a' }],
      now,
      days: 1,
      alternativeNames: [{ kind, value }],
    });
  t.doesNotThrow(() => issue('CN', 'ip', '10.0.0.1'));
  t.throws(() => issue('nonsense', 'ip', '10.0.0.1'), {
    name: 'RangeError',
    message: 'unknown attribute type nonsense',
  });
  t.throws(() => issue('CN', 'ip', '10.0.0'), { name: 'RangeError', message: '10.0.0 is no IP address' });
  t.throws(() => issue('CN', 'ip', 'fe80::1%eth0'), { name: 'RangeError' });
  t.throws(() => issue('CN', 'dns', ''), { name: 'Malformed' });
  t.throws(() => issue('CN', 'dns', 'ä.example'), { name: 'Malformed' });
});

t.test('CRLs', async (t) => {
  const crl = createCrl(intermediate, {
    revoked: [
      { serial: client.certificate.serial, revokedAt: now, reason: 'keyCompromise' },
      { serial: '0A', revokedAt: now },
    ],
    number: 12n,
    thisUpdate: now,
    nextUpdate: now + DAY_MS,
  });
  t.equal(checkSignature(crl, intermediate.certificate.publicKey), undefined);
  t.match(crl, { crlNumber: 12n, authorityKeyId: intermediate.certificate.known.subjectKeyId });
  t.equal(crl.entries.get(client.certificate.serial)?.reason, 'keyCompromise');
  t.same([...crl.entries.serials()].sort(), [client.certificate.serial, '0A'].sort());
  const empty = { revoked: [], number: 0n, thisUpdate: now, nextUpdate: now + DAY_MS };
  t.equal(createCrl(root, empty).entries.size, 0);
  const unknown = [{ serial: '0A', revokedAt: now, reason: 'boredom' }];
  t.throws(() => createCrl(root, { ...empty, revoked: unknown }), { message: 'unknown revocation reason boredom' });
});

t.test('OpenSSL accepts them on both ends of a handshake', async (t) => {
  const ca = [chainPem(root)];
  const listener = createServer({
    key: privateKeyPem(server),
    cert: chainPem(server),
    ca,
    crl: [root, intermediate].map((issuer) => crlPem(issuer)),
    requestCert: true,
    rejectUnauthorized: true,
  });
  const accepted = new Promise<TLSSocket>((resolve, reject) => {
    listener.once('secureConnection', resolve).once('tlsClientError', reject);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  t.teardown(() => listener.close());
  const address = listener.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const socket = connect({ port, host: '127.0.0.1', ca, key: privateKeyPem(client), cert: chainPem(client) });
  t.teardown(() => socket.destroy());
  socket.on('error', () => {});
  const peer = await accepted;
  t.ok(peer.authorized);
  t.equal(peer.getPeerX509Certificate()?.subject, 'CN=alice');
  peer.destroy();
});

function crlPem(issuer: Authority): string {
  const { der } = createCrl(issuer, { revoked: [], number: 1n, thisUpdate: now - 1000, nextUpdate: now + DAY_MS });
  return `-----BEGIN X509 CRL-----\n${Buffer.from(der).toString('base64')}\n-----END X509 CRL-----\n`;
}
