import t from 'tap';
import { inspectCertificate } from '../../../src/pki/inspect.ts';
import { makeRoot } from '../../kit/pki.ts';

const root = makeRoot({
  subject: [
    { type: 'C', value: 'DE' },
    { type: 'CN', value: 'Root' },
  ],
  pathLength: 1,
});
const client = root.client({
  subject: [{ type: 'CN', value: 'alice\u001b[2J' }],
  serial: '0a1b2c',
  notBefore: Date.UTC(2026, 0, 1),
  notAfter: Date.UTC(2027, 0, 1),
  san: [
    { kind: 'dns', value: 'a.example' },
    { kind: 'upn', value: 'älice\u202e@corp' },
  ],
  crlUris: ['http://c.example/a.crl'],
  ocspUris: ['http://o.example/'],
  extensions: [{ oid: '1.2.3.4', critical: true, value: Uint8Array.of(5, 0) }],
});

const valuesOf = (fields: ReturnType<typeof inspectCertificate>, label: string) =>
  fields.filter((field) => field.label === label).map(({ value }) => value);

t.test('a client', async (t) => {
  const fields = inspectCertificate(client.facts);
  const expected: [string, string[]][] = [
    ['subject', ['CN=alice\\1B[2J']],
    ['issuer', ['CN=Root,C=DE']],
    ['serial', ['0A1B2C']],
    ['version', ['3']],
    ['not before', ['2026-01-01T00:00:00Z']],
    ['not after', ['2027-01-01T00:00:00Z']],
    ['public key', ['ec, prime256v1, 256 bits']],
    ['basic constraints', ['no CA']],
    ['key usage', ['digitalSignature']],
    ['extended key usage', ['clientAuth']],
    ['alternative name', ['DNS:a.example', 'UPN:\\u{e4}lice\\u{202e}@corp']],
    ['authority key id', [root.keyId]],
    ['CRL', ['http://c.example/a.crl']],
    ['OCSP', ['http://o.example/']],
    ['extension', ['1.2.3.4 (critical), 2 bytes']],
    ['SHA-256 fingerprint', [client.facts.fingerprint]],
    ['SHA-256 of public key', [client.facts.publicKey.spkiHash]],
  ];
  for (const [label, values] of expected) t.same(valuesOf(fields, label), values, label);
  t.ok(
    fields.every(({ value }) => /^[\x20-\x7e]*$/.test(value)),
    'nothing a terminal could obey',
  );
});

t.test('an authority, and what is absent', async (t) => {
  const fields = inspectCertificate(root.facts);
  t.same(valuesOf(fields, 'basic constraints'), ['CA, path length 1']);
  t.same(valuesOf(fields, 'extended key usage'), []);
  t.same(valuesOf(inspectCertificate(makeRoot({ version: 1 }).facts), 'key usage'), []);
  t.same(valuesOf(inspectCertificate(makeRoot({ key: 'rsa2048' }).facts), 'public key'), ['rsa, 2048 bits']);
  t.same(valuesOf(inspectCertificate(makeRoot({ key: 'ed25519' }).facts), 'public key'), ['ed25519']);
});
