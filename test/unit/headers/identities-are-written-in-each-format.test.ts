import { X509Certificate } from 'node:crypto';
import t from 'tap';
import type { FieldName } from '../../../src/headers/fields.ts';
import { compileIdentityHeaders } from '../../../src/headers/identity-writer.ts';
import type { IdentityHeadersOptions } from '../../../src/headers/options.ts';
import type { Account, Identity, Unverified } from '../../../src/model/identity.ts';
import type { AlternativeName } from '../../../src/pki/names.ts';
import { context, encode, oid, sequence, utf8String } from '../../../src/x509/der-writer.ts';
import { type CertificateOptions, encodeTestName, makeRoot } from '../../kit/pki.ts';

const root = makeRoot({
  subject: [
    { type: 'O', value: 'Acme' },
    { type: 'CN', value: 'Acme Root' },
  ],
});
const issuing = root.intermediate({ name: 'Acme Issuing' });
const policy = root.intermediate({ name: 'Acme Policy' });
const subIssuing = policy.intermediate({ name: 'Acme Sub Issuing' });

const ALICE: CertificateOptions = {
  subject: [
    { type: 'C', value: 'US' },
    { type: 'O', value: 'Acme' },
    { type: 'CN', value: 'alice' },
  ],
  serial: '0A1B2C',
  notBefore: Date.UTC(2026, 0, 31, 12),
  notAfter: Date.UTC(2027, 0, 31, 23, 59, 59),
  san: [
    { kind: 'dns', value: 'a.example' },
    { kind: 'uri', value: 'spiffe://x/y' },
    { kind: 'email', value: 'a@b' },
    { kind: 'upn', value: 'alice@corp' },
  ],
};

function identityOf(options: CertificateOptions = ALICE, account?: Account, issuer = issuing): Identity {
  const path = [issuer.client(options), issuer, ...issuer.issuers].map(({ facts }) => facts);
  const [certificate = root.facts] = path;
  return { certificate, path, account };
}

function write(options: IdentityHeadersOptions, identity?: Identity, unverified?: Unverified, maxBytes = 65_536) {
  const writer = compileIdentityHeaders(options, maxBytes);
  t.strictSame(writer.problems, []);
  return writer.write(identity, unverified);
}

function writeField(field: FieldName, identity: Identity): string | undefined {
  const written = write([{ 'X-Field': field }], identity);
  return 'headers' in written ? written.headers[1] : written.refusal.code;
}

const account: Account = { name: 'ops-alice', roles: [], from: 'directory' };

t.test('x-client', async (t) => {
  const identity = identityOf(ALICE, account);
  const x509 = new X509Certificate(identity.certificate.der);
  t.strictSame(write(['x-client'], identity), {
    headers: [
      ['X-Client-Verify', 'SUCCESS'],
      ['X-Client-Subject', 'CN=alice,O=Acme,C=US'],
      ['X-Client-Issuer', 'CN=Acme Issuing'],
      ['X-Client-Serial', '0A1B2C'],
      ['X-Client-Fingerprint', x509.fingerprint256.replaceAll(':', '').toLowerCase()],
      ['X-Client-Not-Before', '2026-01-31T12:00:00Z'],
      ['X-Client-Not-After', '2027-01-31T23:59:59Z'],
      ['X-Client-San', 'DNS:a.example, URI:spiffe://x/y, email:a@b, UPN:alice@corp'],
      ['X-Client-Account', 'ops-alice'],
    ].flat(),
  });
});

t.test('x-client without account and alternative names leaves those headers out', async (t) => {
  const written = write(['x-client'], identityOf({ cn: 'alice' }));
  const names = 'headers' in written ? written.headers.filter((_, index) => index % 2 === 0) : [];
  t.strictSame(
    names.map((name) => name.slice('X-Client-'.length)),
    ['Verify', 'Subject', 'Issuer', 'Serial', 'Fingerprint', 'Not-Before', 'Not-After'],
  );
});

t.test('without an identity only x-client says so', async (t) => {
  const all: IdentityHeadersOptions = ['x-client', 'rfc9440', 'arr', 'aspnetcore', { 'X-DN': 'subject.rfc4514' }];
  t.strictSame(write(all), { headers: ['X-Client-Verify', 'NONE'] });
  t.strictSame(write(all.slice(1)), { headers: [] });
});

t.test('a certificate that failed is passed on by x-client only, and never as an identity', async (t) => {
  const leaf = issuing.client(ALICE).der;
  const all: IdentityHeadersOptions = ['x-client', 'rfc9440', 'arr', 'aspnetcore', { 'X-DN': 'subject.rfc4514' }];
  const unverified: Unverified = { code: 'certificate-expired', leaf };
  t.strictSame(write(all, undefined, unverified), {
    headers: [
      ['X-Client-Verify', 'FAILED:certificate-expired'],
      ['X-Client-Unverified-Cert', Buffer.from(leaf).toString('base64')],
    ].flat(),
  });
  t.strictSame(write(all.slice(1), undefined, unverified), { headers: [] });
});

t.test('a certificate that failed need not be one, but must fit', async (t) => {
  const fits = { code: 'certificate-invalid', leaf: Buffer.from('no certificate') } as const;
  t.match(write(['x-client'], undefined, fits, 1024), {
    headers: { 3: Buffer.from('no certificate').toString('base64') },
  });
  const large = { code: 'certificate-invalid', leaf: Buffer.alloc(1024) } as const;
  t.match(write(['x-client'], undefined, large, 1024), { refusal: { code: 'identity-too-large' } });
});

t.test('nobody is verified and not verified', async (t) => {
  const unverified: Unverified = { code: 'certificate-expired', leaf: Buffer.from('x') };
  t.throws(() => write(['x-client'], identityOf(), unverified), { message: /never both/ });
});

t.test('rfc9440, arr and aspnetcore carry the certificate, whole', async (t) => {
  const identity = identityOf();
  const { der } = identity.certificate;
  const written = write(['rfc9440', 'arr', 'aspnetcore'], identity);
  const [clientCert, arr, aspnetcore] = 'headers' in written ? written.headers.filter((_, at) => at % 2 === 1) : [];
  t.strictSame('headers' in written && written.headers.filter((_, at) => at % 2 === 0), [
    'Client-Cert',
    'X-ARR-ClientCert',
    'X-Client-Cert',
  ]);
  t.strictSame(parseByteSequences(clientCert), [Buffer.from(der)]);
  for (const base64 of [arr, aspnetcore]) {
    t.match(base64, /^[A-Za-z0-9+/]+={0,2}$/);
    t.strictSame(new X509Certificate(Buffer.from(base64 ?? '', 'base64')).raw, Buffer.from(der));
  }
});

/** A list of byte sequences as RFC 9651 4.2.1 and 4.2.7 read them. */
function parseByteSequences(text = ''): Buffer[] {
  return text.split(/[ \t]*,[ \t]*/).map((item) => {
    const [, base64] = /^:([A-Za-z0-9+/]*={0,2}):$/.exec(item) ?? [];
    if (base64 === undefined) throw new Error(`no byte sequence: ${item}`);
    return Buffer.from(base64, 'base64');
  });
}

t.test('the chain is the verified intermediates, without leaf and anchor', async (t) => {
  const deep = identityOf(ALICE, undefined, subIssuing);
  t.strictSame(
    parseByteSequences(writeField('chain.rfc9440', deep)),
    [subIssuing, policy].map(({ der }) => Buffer.from(der)),
  );
  t.strictSame(parseByteSequences(writeField('chain.rfc9440', identityOf())), [Buffer.from(issuing.der)]);
  t.equal(writeField('chain.rfc9440', identityOf(ALICE, undefined, root)), undefined);
  t.equal(writeField('chain.rfc9440', { certificate: root.facts, path: [root.facts], account: undefined }), undefined);
});

t.test('URL-encoded PEM decodes to the certificate, also where plus means space', async (t) => {
  const identity = identityOf();
  const text = writeField('cert.pem-url', identity) ?? '';
  t.match(text, /^-----BEGIN%20CERTIFICATE-----%0A[A-Za-z0-9%]+%0A-----END%20CERTIFICATE-----%0A$/);
  const pem = decodeURIComponent(text.replaceAll('+', ' '));
  t.equal(pem, new X509Certificate(identity.certificate.der).toString());
});

t.test('fingerprints agree with node:crypto', async (t) => {
  const identity = identityOf();
  const x509 = new X509Certificate(identity.certificate.der);
  t.equal(writeField('fingerprint.sha1', identity), x509.fingerprint.replaceAll(':', ''));
  t.equal(writeField('fingerprint.sha256', identity), x509.fingerprint256.replaceAll(':', '').toLowerCase());
  t.equal(writeField('spki.sha256', identity), identity.certificate.publicKey.spkiHash);
});

t.test('serial numbers', async (t) => {
  const twenty = '7F'.repeat(20);
  for (const [serial, hex, decimal, colon] of [
    ['0A1B2C', '0A1B2C', '662316', '0A:1B:2C'],
    ['01', '01', '1', '01'],
    ['00FF', 'FF', '255', 'FF'],
    ['1234', '1234', '4660', '12:34'],
    [twenty, twenty, BigInt(`0x${twenty}`).toString(), Array(20).fill('7F').join(':')],
  ] as const) {
    const identity = identityOf({ ...ALICE, serial });
    t.equal(writeField('serial.hex', identity), hex);
    t.equal(writeField('serial.decimal', identity), decimal);
    t.equal(writeField('serial.colon', identity), colon);
    t.equal(writeField('serial.hex', identity), new X509Certificate(identity.certificate.der).serialNumber);
  }
});

t.test('dates up to the last there is', async (t) => {
  const identity = identityOf({
    ...ALICE,
    notBefore: Date.UTC(1999, 11, 31),
    notAfter: Date.UTC(9999, 11, 31, 23, 59, 59),
  });
  t.equal(writeField('notBefore.rfc3339', identity), '1999-12-31T00:00:00Z');
  t.equal(writeField('notAfter.rfc3339', identity), '9999-12-31T23:59:59Z');
});

t.test('alternative names cannot forge one another', async (t) => {
  const san: AlternativeName[] = [
    { kind: 'dns', value: 'a.example, DNS:admin.example' },
    { kind: 'dns', value: '*.b_c~d.example' },
    { kind: 'uri', value: 'https://x/y?a=b&c=%2C#d' },
    { kind: 'email', value: '"a b"+c@d' },
    { kind: 'upn', value: 'jürgen,UPN:admin@corp' },
    { kind: 'upn', value: '李@corp' },
    { kind: 'ip', value: '192.0.2.7' },
    { kind: 'ip', value: '2001:db8::7' },
  ];
  const identity = identityOf({ ...ALICE, san });
  const list = writeField('san.list', identity) ?? '';
  t.equal(
    list,
    [
      'DNS:a.example%2C%20DNS:admin.example',
      'DNS:*.b_c~d.example',
      'URI:https://x/y%3Fa%3Db%26c%3D%252C%23d',
      'email:%22a%20b%22%2Bc@d',
      'UPN:j%C3%BCrgen%2CUPN:admin@corp',
      'UPN:%E6%9D%8E@corp',
      'IP:192.0.2.7',
      'IP:2001:db8::7',
    ].join(', '),
  );
  const decoded = list.split(', ').map((item) => decodeURIComponent(item.slice(item.indexOf(':') + 1)));
  t.strictSame(
    decoded,
    san.map(({ value }) => value),
  );
  t.equal(writeField('san.dns', identity), 'a.example%2C%20DNS:admin.example, *.b_c~d.example');
  t.equal(writeField('san.uri', identity), 'https://x/y%3Fa%3Db%26c%3D%252C%23d');
  t.equal(writeField('san.email', identity), '%22a%20b%22%2Bc@d');
  t.equal(writeField('san.upn', identity), 'j%C3%BCrgen%2CUPN:admin@corp, %E6%9D%8E@corp');
  t.equal(writeField('san.ip', identity), '192.0.2.7, 2001:db8::7');
});

t.test('alternative names of rare kinds', async (t) => {
  const value = sequence(
    context(
      4,
      encodeTestName([
        { type: 'O', value: 'Acme, Inc.' },
        { type: 'CN', value: 'alice' },
      ]),
    ),
    encode(0x88, oid('1.2.3.4').subarray(2)),
    context(0, oid('1.2.3.5'), context(0, utf8String('other'))),
  );
  const identity = identityOf({ cn: 'alice', extensions: [{ oid: '2.5.29.17', value }] });
  t.equal(writeField('san.list', identity), 'DirName:CN%3Dalice%2CO%3DAcme%5C%2C%20Inc., RID:1.2.3.4');
  t.equal(writeField('san.dns', identity), undefined);
});

t.test('account names are readable, reversible and never trimmed by HTTP', async (t) => {
  for (const [name, value] of [
    ['alice', 'alice'],
    ['CORP\\alice', 'CORP\\alice'],
    ['alice@corp.example', 'alice@corp.example'],
    ['Alice Smith', 'Alice Smith'],
    [' alice  ', '%20alice%20%20'],
    ['Smith, Alice', 'Smith%2C Alice'],
    ['100%', '100%25'],
    ['jürgen\r\n', 'j%C3%BCrgen%0D%0A'],
    ['李', '%E6%9D%8E'],
  ] as const) {
    t.equal(writeField('account.name', identityOf(ALICE, { ...account, name })), value);
    t.equal(decodeURIComponent(value), name);
  }
});
