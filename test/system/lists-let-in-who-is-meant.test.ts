// `allow` and `deny` over real connections: every condition, with the certificate that comes closest to it.

import t from 'tap';
import { checkRefusal, send } from '../kit/client.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import type { CertificateOptions, TestCertificate } from '../kit/pki.ts';
import { startUpstream } from '../kit/upstream.ts';

const pki = makePki();
const { root, issuing } = pki;
const second = root.intermediate({ name: 'Second Issuing' });
/** Trusted through the root as well, of the same name, with another key. */
const namesake = root.intermediate({ name: 'Test Issuing' });
const alice = issuing.client({ cn: 'alice', serial: '0A1B2C' });

const san = (kind: 'dns' | 'uri' | 'email' | 'upn', value: string): CertificateOptions => ({ san: [{ kind, value }] });

interface Row {
  readonly path: string;
  readonly rule: string;
  /** The list that refuses. */
  readonly check?: 'allow' | 'deny';
  readonly admits: readonly TestCertificate[];
  readonly refuses: readonly TestCertificate[];
}

const ROWS: readonly Row[] = [
  {
    path: '/subject',
    rule: 'allow: [{ subject: { CN: alice } }]',
    admits: [alice, second.client({ cn: 'alice' })],
    refuses: ['Alice', 'alice ', 'x,CN=alice', 'alice,O=Acme', 'malice'].map((cn) => issuing.client({ cn })),
  },
  {
    path: '/wildcard',
    rule: 'allow: [{ subject: { CN: "web-*" } }, { subject: { CN: "db-?" } }]',
    admits: ['web-', 'web-1', 'db-1'].map((cn) => issuing.client({ cn })),
    refuses: ['web', 'xweb-1', 'db-10', 'x,CN=web-1'].map((cn) => issuing.client({ cn })),
  },
  {
    path: '/issuer',
    rule: 'allow: [{ issuer: { CN: Test Issuing } }]',
    admits: [alice],
    refuses: [second.client({ cn: 'alice' }), namesake.client({ cn: 'alice', serial: '0A1B2C' })],
  },
  {
    path: '/issuer-and-serial',
    rule: `allow: [{ issuerKey: "${issuing.facts.publicKey.spkiHash}", serial: "0a:1b:2c" }]`,
    admits: [alice],
    refuses: [
      issuing.client({ cn: 'alice', serial: '0A1B2D' }),
      second.client({ cn: 'alice', serial: '0A1B2C' }),
      namesake.client({ cn: 'alice', serial: '0A1B2C' }),
    ],
  },
  {
    path: '/fingerprint',
    rule: `allow: [{ fingerprint: "${alice.facts.fingerprint.toUpperCase().replace(/..(?!$)/g, '$&:')}" }]`,
    admits: [alice],
    refuses: [issuing.client({ cn: 'alice', serial: '0A1B2C', key: alice.key })],
  },
  {
    path: '/names',
    rule: 'allow: [{ san.dns: "*.Example" }, { san.uri: "spiffe://corp/*" }, { san.email: a@b.example }, { san.upn: "*@corp" }]',
    admits: [
      san('dns', 'A.b.EXAMPLE'),
      san('uri', 'spiffe://corp/x'),
      san('email', 'A@b.example'),
      san('upn', 'x@CORP'),
    ].map((options) => issuing.client(options)),
    refuses: [
      {},
      san('dns', 'example'),
      san('uri', 'spiffe://CORP/x'),
      san('email', 'x@b.example'),
      san('dns', 'x@corp'),
    ].map((options) => issuing.client(options)),
  },
  {
    path: '/all-of-an-entry',
    rule: 'allow: [{ subject: { CN: alice, O: Acme }, issuer: { CN: Test Issuing } }]',
    admits: [issuing.client({ subject: named('alice', 'Acme') })],
    refuses: [
      alice,
      issuing.client({ subject: named('bob', 'Acme') }),
      second.client({ subject: named('alice', 'Acme') }),
    ],
  },
  {
    path: '/deny',
    rule: 'deny: [{ subject: { CN: "mal*" } }]',
    check: 'deny',
    admits: [alice],
    refuses: [issuing.client({ cn: 'mallory' })],
  },
  {
    path: '/deny-before-allow',
    rule: 'deny: [{ issuer: { CN: Test Issuing }, serial: "0A1B2C" }], allow: [{ subject: { CN: alice } }]',
    check: 'deny',
    admits: [second.client({ cn: 'alice', serial: '0A1B2C' }), issuing.client({ cn: 'alice' })],
    refuses: [alice],
  },
];

function named(cn: string, organization: string) {
  return [
    { type: 'O', value: organization },
    { type: 'CN', value: cn },
  ];
}

const upstream = await startUpstream(t);
const gateway = await startTestGateway(t, {
  pki,
  upstreamPort: upstream.port,
  yaml: `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: require
    paths:
${ROWS.map(({ path, rule }) => `      ${path}: { ${rule} }`).join('\n')}
`,
});
const { port } = gateway;

for (const { path, rule, check = 'allow', admits, refuses } of ROWS) {
  t.test(rule, async (t) => {
    for (const certificate of admits) t.equal((await send(t, { port, certificate, path })).status, 200);
    for (const certificate of refuses) {
      t.equal((await send(t, { port, certificate })).status, 200, 'it is a good certificate');
      const before = upstream.bytes();
      checkRefusal(t, await send(t, { port, certificate, path }), 'certificate-not-allowed');
      t.equal(upstream.bytes(), before);
      t.match(gateway.requests().at(-1), { code: 'certificate-not-allowed', check, rule: `localhost${path}` });
    }
  });
}
