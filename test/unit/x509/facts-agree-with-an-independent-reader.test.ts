// Two readers that have nothing in common say the same of a certificate: ours, and @peculiar/x509 on its own ASN.1.

import t from 'tap';
import type { CertificateFacts, GeneralName, KeyUsage } from '../../../src/model/certificate.ts';
import { urisOfPoints } from '../../../src/x509/distribution-points.ts';
import { parseRequest } from '../../../src/x509/request.ts';
import { type CertificateOptions, makeRoot, PURPOSE, type TestKeyKind } from '../../kit/pki.ts';
import { writeCertreqRequest } from '../../kit/requests.ts';

// The library's container of parts asks for the metadata of decorators, of which nothing it does here has any.
Object.assign(Reflect, { getMetadata: () => undefined, getOwnMetadata: () => undefined });
const x509 = await import('@peculiar/x509');

const root = makeRoot({
  subject: [
    { type: 'C', value: 'DE', tag: 0x13 },
    { type: 'O', value: 'Acme, "Inc."' },
    { type: 'CN', value: 'Wurzel äöü' },
  ],
  pathLength: 3,
});

const CERTIFICATES: readonly CertificateOptions[] = [
  ...(['ec', 'p384', 'p521', 'rsa2048', 'ed25519'] as const).map((key: TestKeyKind) => ({ key })),
  { serial: '01' },
  { serial: `7f${'ff'.repeat(19)}` },
  { serial: '00f0' },
  { notBefore: Date.UTC(1999, 11, 31, 23, 59, 59), notAfter: Date.UTC(2049, 11, 31, 23, 59, 59) },
  { notBefore: Date.UTC(2050, 0, 1), notAfter: Date.UTC(9999, 11, 31, 23, 59, 59) },
  { ca: true, pathLength: 0, keyUsage: ['keyCertSign', 'cRLSign'], eku: null },
  { ca: null, keyUsage: null, eku: null, subjectKeyId: null, authorityKeyId: null },
  { keyUsage: ['digitalSignature', 'nonRepudiation', 'keyAgreement', 'decipherOnly'] },
  { eku: [PURPOSE.clientAuth, '1.3.6.1.4.1.311.20.2.2', '2.5.29.37.0'] },
  {
    san: [
      { kind: 'dns', value: '*.a.example' },
      { kind: 'email', value: 'a@b.example' },
      { kind: 'uri', value: 'spiffe://x/y' },
      { kind: 'ip', value: '192.0.2.1' },
      { kind: 'ip', value: '2001:db8::1' },
      { kind: 'upn', value: 'älice@corp' },
    ],
  },
  { crlUris: ['http://c.example/a.crl', 'ldap:///CN=x'], ocspUris: ['http://o.example/'] },
  { extensions: [{ oid: '1.2.3.4', critical: true, value: Uint8Array.of(5, 0) }] },
  {
    subject: [
      { type: 'DC', value: 'example', tag: 0x16 },
      [
        { type: 'CN', value: ' a+b ' },
        { type: 'UID', value: '#c' },
      ],
    ],
  },
];

/** By the bits of RFC 5280 4.2.1.3, which is the order of the library's flags. */
const FLAGS: readonly KeyUsage[] = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
];

t.test('certificates', async (t) => {
  for (const options of CERTIFICATES) {
    const { der, facts } = root.client(options);
    t.strictSame(ours(facts), theirs(new x509.X509Certificate(der)), JSON.stringify(options));
  }
  t.strictSame(ours(root.facts), theirs(new x509.X509Certificate(root.der)), 'the root');
});

t.test('a request', async (t) => {
  const der = writeCertreqRequest({ san: [{ kind: 'upn', value: 'alice@corp' }], eku: [PURPOSE.clientAuth] });
  const request = parseRequest(der);
  const other = new x509.Pkcs10CertificateRequest(der);
  t.equal(hex(request.publicKey.spki), hex(other.publicKey.rawData));
  t.strictSame(
    request.extensions.map(({ oid, critical, value }) => [oid, critical, hex(value)]),
    [...other.extensions].map(({ type, critical, value }) => [type, critical, hex(value)]),
  );
  t.equal(hex(request.signature), hex(other.signature));
  t.equal(hex(request.subject.der), hex(other.subjectName.toArrayBuffer()));
});

/** What both can say, in one form. */
function ours(facts: CertificateFacts) {
  const { known } = facts;
  return {
    serial: facts.serial.toLowerCase(),
    subject: hex(facts.subject.der),
    issuer: hex(facts.issuer.der),
    notBefore: facts.notBefore,
    notAfter: facts.notAfter,
    spki: hex(facts.publicKey.spki),
    signature: hex(facts.signature),
    extensions: facts.extensions.map(({ oid, critical, value }) => [oid, critical, hex(value)]),
    constraints: known.basicConstraints && [known.basicConstraints.ca, known.basicConstraints.pathLength],
    usages: known.keyUsage && [...known.keyUsage].sort(),
    purposes: known.extendedKeyUsage,
    names: known.subjectAltNames?.map(nameText),
    keyId: known.subjectKeyId,
    authorityKeyId: known.authorityKeyId,
    crlUris: urisOfPoints(known.crlDistributionPoints),
    ocspUris: known.ocspUris,
  };
}

function nameText(name: GeneralName): string {
  if (name.kind === 'upn') return `upn:${name.value}`;
  return name.kind === 'directoryName' || name.kind === 'other' ? name.kind : `${name.kind}:${name.value}`;
}

type Other = InstanceType<typeof x509.X509Certificate>;

function theirs(other: Other): ReturnType<typeof ours> {
  const constraints = other.getExtension(x509.BasicConstraintsExtension);
  const usages = other.getExtension(x509.KeyUsagesExtension);
  const purposes = other.getExtension(x509.ExtendedKeyUsageExtension);
  const names = other.getExtension(x509.SubjectAlternativeNameExtension);
  const points = other.getExtension(x509.CRLDistributionPointsExtension);
  const accesses = other.getExtension(x509.AuthorityInfoAccessExtension);
  return {
    serial: other.serialNumber.replace(/^00/, ''),
    subject: hex(other.subjectName.toArrayBuffer()),
    issuer: hex(other.issuerName.toArrayBuffer()),
    notBefore: other.notBefore.getTime(),
    notAfter: other.notAfter.getTime(),
    spki: hex(other.publicKey.rawData),
    signature: hex(other.signature),
    extensions: [...other.extensions].map(({ type, critical, value }) => [type, critical, hex(value)]),
    constraints: constraints ? [constraints.ca, constraints.pathLength] : undefined,
    usages: usages ? usageNames(usages.usages) : undefined,
    purposes: purposes ? Array.from(purposes.usages, String) : undefined,
    names: names?.names.items.map(otherNameText),
    keyId: other.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId,
    authorityKeyId: other.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId,
    crlUris: Array.from(points?.distributionPoints ?? [], uriOf),
    ocspUris: accesses?.ocsp.map(({ value }) => value) ?? [],
  };
}

function usageNames(flags: number): KeyUsage[] {
  return FLAGS.filter((_, bit) => (flags & (1 << bit)) !== 0).sort();
}

/** Of a point of the kit, which has one address. */
function uriOf({
  distributionPoint,
}: InstanceType<typeof x509.CRLDistributionPointsExtension>['distributionPoints'][0]) {
  return distributionPoint?.fullName?.[0]?.uniformResourceIdentifier ?? '';
}

function otherNameText({ type, value }: { type: string; value: string }): string {
  const kind = { dns: 'dns', email: 'email', url: 'uri', ip: 'ip', upn: 'upn' }[type] ?? type;
  return `${kind}:${value}`;
}

function hex(bytes: ArrayBuffer | Uint8Array): string {
  return Buffer.from(bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes).toString('hex');
}
