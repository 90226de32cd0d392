// One worked example of each format, header by header. The same example stands in docs/headers.md.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { compileIdentityHeaders } from '../../../src/headers/identity-writer.ts';
import { FORMAT_NAMES, type FormatName, type IdentityHeadersOptions } from '../../../src/headers/options.ts';
import type { Identity, Unverified } from '../../../src/model/identity.ts';
import { type CertificateOptions, makeRoot } from '../../kit/pki.ts';

const root = makeRoot({ subject: [{ type: 'CN', value: 'Acme Root' }] });
const issuing = root.intermediate({
  subject: [
    { type: 'O', value: 'Acme' },
    { type: 'CN', value: 'Acme Issuing' },
  ],
});

const ALICE: CertificateOptions = {
  subject: [
    { type: 'C', value: 'US' },
    { type: 'O', value: 'Acme, Inc.' },
    { type: '1.2.840.113549.1.9.1', value: 'alice@acme.example', tag: 0x16 },
    { type: 'CN', value: 'alice' },
  ],
  serial: '0A1B2C',
  notBefore: Date.UTC(2026, 0, 3, 12),
  notAfter: Date.UTC(2027, 0, 31, 23, 59, 59),
  san: [
    { kind: 'dns', value: 'a.example' },
    { kind: 'dns', value: 'b.example' },
    { kind: 'uri', value: 'spiffe://acme/alice' },
    { kind: 'email', value: 'alice@acme.example' },
    { kind: 'ip', value: '192.0.2.7' },
  ],
};

const alice = issuing.client(ALICE);
const identity: Identity = {
  certificate: alice.facts,
  path: [alice.facts, issuing.facts, root.facts],
  account: undefined,
};

function write(options: IdentityHeadersOptions, passed?: Identity, unverified?: Unverified, maxBytes = 65_536) {
  const writer = compileIdentityHeaders(options, maxBytes);
  t.strictSame(writer.problems, []);
  return writer.write(passed, unverified);
}

const hash = (algorithm: string) => createHash(algorithm).update(alice.der).digest('hex');
const base64 = (der: Uint8Array) => Buffer.from(der).toString('base64');
const urlPem = encodeURIComponent(alice.pem);
const awsPem = (pem: string) => pem.replaceAll('\n', '%0A').replaceAll(' ', '%20');

const SUBJECT = 'CN=alice,emailAddress=alice@acme.example,O=Acme\\, Inc.,C=US';
const ISSUER = 'CN=Acme Issuing,O=Acme';

const XFCC =
  `Hash=${hash('sha256')};Cert="${urlPem}";` +
  'Subject="CN=alice,emailAddress=alice@acme.example,O=Acme\\2C Inc.,C=US";' +
  'URI=spiffe://acme/alice;DNS=a.example;DNS=b.example';

const EXPECTED: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'x-client': [
    ['X-Client-Verify', 'SUCCESS'],
    ['X-Client-Subject', 'CN=alice,1.2.840.113549.1.9.1=#1612616C6963654061636D652E6578616D706C65,O=Acme\\, Inc.,C=US'],
    ['X-Client-Issuer', ISSUER],
    ['X-Client-Serial', '0A1B2C'],
    ['X-Client-Fingerprint', hash('sha256')],
    ['X-Client-Not-Before', '2026-01-03T12:00:00Z'],
    ['X-Client-Not-After', '2027-01-31T23:59:59Z'],
    ['X-Client-San', 'DNS:a.example, DNS:b.example, URI:spiffe://acme/alice, email:alice@acme.example, IP:192.0.2.7'],
  ],
  rfc9440: [['Client-Cert', `:${base64(alice.der)}:`]],
  arr: [['X-ARR-ClientCert', base64(alice.der)]],
  aspnetcore: [['X-Client-Cert', base64(alice.der)]],
  'iis-vars': [
    ['X-Cert-Subject', 'C=US, O="Acme, Inc.", E=alice@acme.example, CN=alice'],
    ['X-Cert-Issuer', 'O=Acme, CN=Acme Issuing'],
    ['X-Cert-SerialNumber', '0A-1B-2C'],
    ['X-Cert-Flags', '1'],
    ['X-Cert-Cookie', hash('sha256')],
  ],
  nginx: [
    ['X-SSL-Client-Verify', 'SUCCESS'],
    ['X-SSL-Client-S-DN', SUBJECT],
    ['X-SSL-Client-I-DN', ISSUER],
    ['X-SSL-Client-Serial', '0A1B2C'],
    ['X-SSL-Client-Fingerprint', hash('sha1')],
    ['X-SSL-Client-Cert', urlPem],
  ],
  'ingress-nginx': [
    ['ssl-client-verify', 'SUCCESS'],
    ['ssl-client-subject-dn', SUBJECT],
    ['ssl-client-issuer-dn', ISSUER],
    ['ssl-client-cert', urlPem],
  ],
  xfcc: [['X-Forwarded-Client-Cert', XFCC]],
  traefik: [
    ['X-Forwarded-Tls-Client-Cert', base64(alice.der)],
    [
      'X-Forwarded-Tls-Client-Cert-Info',
      'Subject%3D%22C%3DUS%2CO%3DAcme%252C+Inc.%2CCN%3Dalice%22%3B' +
        'Issuer%3D%22O%3DAcme%2CCN%3DAcme+Issuing%22%3B' +
        'SerialNumber%3D%22662316%22%3BNB%3D%221767441600%22%3BNA%3D%221801439999%22%3B' +
        'SAN%3D%22a.example%2Cb.example%2Calice%40acme.example%2C192.0.2.7%2Cspiffe%3A%2F%2Facme%2Falice%22',
    ],
  ],
  alb: [
    ['X-Amzn-Mtls-Clientcert-Serial-Number', '0A1B2C'],
    ['X-Amzn-Mtls-Clientcert-Issuer', ISSUER],
    ['X-Amzn-Mtls-Clientcert-Subject', SUBJECT],
    ['X-Amzn-Mtls-Clientcert-Validity', 'NotBefore=2026-01-03T12:00:00Z;NotAfter=2027-01-31T23:59:59Z'],
    ['X-Amzn-Mtls-Clientcert-Leaf', awsPem(alice.pem)],
  ],
  appgw: [
    ['X-Client-Certificate', urlPem],
    ['X-Client-Certificate-End-Date', 'Jan 31 23:59:59 2027 GMT'],
    ['X-Client-Certificate-Fingerprint', hash('sha1')],
    ['X-Client-Certificate-Issuer', ISSUER],
    ['X-Client-Certificate-Serial', '0A1B2C'],
    ['X-Client-Certificate-Start-Date', 'Jan  3 12:00:00 2026 GMT'],
    ['X-Client-Certificate-Subject', SUBJECT],
    ['X-Client-Certificate-Verification', 'SUCCESS'],
  ],
};

for (const [format, headers] of Object.entries(EXPECTED)) {
  t.test(format, async (t) => {
    t.strictSame(write([format as FormatName], identity), { headers: headers.flat() });
  });
}

t.test('all formats at once are written one behind the other, and none twice', async (t) => {
  t.strictSame(Object.keys(EXPECTED), FORMAT_NAMES);
  t.strictSame(write([...FORMAT_NAMES], identity), { headers: Object.values(EXPECTED).flat(2) });
});

const PRINTED: Readonly<Record<string, string | undefined>> = {
  subject: SUBJECT,
  issuer: ISSUER,
  serial: '0A1B2C',
  notBefore: 'Jan  3 12:00:00 2026 GMT',
  notAfter: 'Jan 31 23:59:59 2027 GMT',
  'sha1 Fingerprint': hash('sha1').toUpperCase().match(/../g)?.join(':'),
};

t.test('OpenSSL prints the same names, dates, serial number and fingerprint', async (t) => {
  const args = '-noout -subject -issuer -serial -dates -fingerprint -sha1 -nameopt RFC2253'.split(' ');
  const printed = execFileSync('openssl', ['x509', ...args], { input: alice.pem, encoding: 'utf8' });
  for (const [, name, value] of printed.matchAll(/^([^=]+)=(.*)$/gm)) t.equal(value, PRINTED[name ?? ''], name ?? '');
  t.equal(printed.trim().split('\n').length, Object.keys(PRINTED).length);
});

t.test('without an identity the formats that have a word for it say NONE, the others nothing', async (t) => {
  t.strictSame(write([...FORMAT_NAMES]), {
    headers: [
      ['X-Client-Verify', 'NONE'],
      ['X-SSL-Client-Verify', 'NONE'],
      ['ssl-client-verify', 'NONE'],
      ['X-Client-Certificate-Verification', 'NONE'],
    ].flat(),
  });
});

t.test('of a certificate that failed only x-client says anything', async (t) => {
  const unverified: Unverified = { code: 'certificate-expired', leaf: alice.der };
  t.strictSame(write([...FORMAT_NAMES], undefined, unverified), {
    headers: [
      ['X-Client-Verify', 'FAILED:certificate-expired'],
      ['X-Client-Unverified-Cert', base64(alice.der)],
    ].flat(),
  });
  t.strictSame(
    write(
      FORMAT_NAMES.filter((name) => name !== 'x-client'),
      undefined,
      unverified,
    ),
    { headers: [] },
  );
});

t.test('a chain is written on request, the leaf first', async (t) => {
  const written = write(
    [
      {
        'Client-Cert-Chain': 'chain.rfc9440',
        'X-Forwarded-Tls-Client-Cert': 'chain.base64',
        'X-Amzn-Mtls-Clientcert': 'chain.pem-aws',
        'X-Forwarded-Client-Cert': 'chain.xfcc',
      },
    ],
    identity,
  );
  t.strictSame(written, {
    headers: [
      ...['Client-Cert-Chain', `:${base64(issuing.der)}:`],
      ...['X-Forwarded-Tls-Client-Cert', `${base64(alice.der)},${base64(issuing.der)}`],
      ...['X-Amzn-Mtls-Clientcert', awsPem(alice.pem + issuing.pem)],
      'X-Forwarded-Client-Cert',
      XFCC.replace(';Subject=', `;Chain="${encodeURIComponent(alice.pem + issuing.pem)}";Subject=`),
    ],
  });
});

t.test('a chain that outgrows the limit is refused, where the leaf alone fits', async (t) => {
  const limit = urlPem.length * 2;
  for (const [name, leaf, chain] of [
    ['X-Forwarded-Client-Cert', 'cert.xfcc', 'chain.xfcc'],
    ['X-Forwarded-Tls-Client-Cert', 'cert.base64', 'chain.base64'],
    ['X-Amzn-Mtls-Clientcert', 'cert.pem-aws', 'chain.pem-aws'],
    ['Client-Cert-Chain', 'cert.rfc9440', 'chain.rfc9440'],
  ] as const) {
    const deep: Identity = { ...identity, path: [alice.facts, ...Array(8).fill(issuing.facts), root.facts] };
    t.match(write([{ [name]: leaf }], deep, undefined, limit), { headers: [name] });
    t.match(write([{ [name]: chain }], deep, undefined, limit), {
      refusal: { code: 'identity-too-large', check: 'identity-bytes', note: new RegExp(`^${name} `) },
    });
  }
});

t.test('a subject and names that are missing leave nothing behind but what Envoy leaves', async (t) => {
  const { facts } = issuing.client({ subject: [], serial: '01' });
  const nobody: Identity = { ...identity, certificate: facts, path: [facts, issuing.facts, root.facts] };
  const written = write(['iis-vars', 'nginx', 'xfcc', 'traefik'], nobody);
  const headers = 'headers' in written ? written.headers : [];
  const textOf = (name: string) => headers[headers.indexOf(name) + 1] ?? '';
  t.notOk(headers.includes('X-Cert-Subject'));
  t.notOk(headers.includes('X-SSL-Client-S-DN'));
  t.match(textOf('X-Forwarded-Client-Cert'), /;Subject="";URI=$/);
  t.match(textOf('X-Forwarded-Tls-Client-Cert-Info'), /^Issuer%3D.*NA%3D%22\d+%22$/);
});

t.test('the manual shows these values', async (t) => {
  const manual = readFileSync(new URL('../../../docs/headers.md', import.meta.url), 'utf8');
  for (const [name, value] of Object.values(EXPECTED).flat()) {
    const differs = value.length > 400 || /^[0-9a-f]{40,}$/.test(value);
    t.ok(manual.includes(differs ? `\n${name}: ` : `\n${name}: ${value}\n`), name);
  }
});
