// Certificates of all shapes to begin with.

import { TAG } from '../../../src/x509/der.ts';
import { bitString, encode } from '../../../src/x509/der-writer.ts';
import type { CertificateOptions, TestAttribute, TestKeyKind } from '../../kit/pki.ts';
import { makeRoot } from '../../kit/pki.ts';
import { rawCertificate } from '../../kit/raw-certificate.ts';
import { CERTIFICATE_EXTENSIONS } from './extensions.ts';

const STRINGS: readonly TestAttribute[] = [
  { type: 'CN', value: 'Ängström  \u00a0 Ltd' },
  { type: 'O', value: 'T\xe9l\xe9', tag: TAG.teletexString },
  { type: 'OU', value: Buffer.from('D83DDE00', 'hex'), tag: TAG.bmpString },
  { type: 'L', value: Buffer.from('0001F600', 'hex'), tag: TAG.universalString },
  { type: 'C', value: 'de', tag: TAG.printableString },
  { type: '2.5.4.5', value: '12 34', tag: TAG.numericString },
  { type: '1.2.840.113549.1.9.1', value: 'a@b.example', tag: TAG.ia5String },
  { type: 'DC', value: 'corp', tag: TAG.visibleString },
  { type: '2.5.4.45', value: Buffer.from('00ff', 'hex'), tag: TAG.bitString },
];

const KEYS: readonly TestKeyKind[] = ['ec', 'p384', 'p521', 'rsa2048', 'ed25519'];

/** DER of each. */
export function makeCertificates(): Uint8Array[] {
  const root = makeRoot();
  const shapes: CertificateOptions[] = [
    {},
    { version: 1 },
    { version: 2 },
    { subject: STRINGS },
    { subject: [STRINGS] },
    { subject: [] },
    { notBefore: Date.UTC(1950), notAfter: Date.UTC(9999, 11, 31) },
    { serial: '01' },
    { serial: `7f${'ff'.repeat(19)}` },
    { pathLength: 3, ca: true },
    { extensions: CERTIFICATE_EXTENSIONS },
    ...CERTIFICATE_EXTENSIONS.map((extension) => ({ extensions: [extension] })),
    ...KEYS.map((key) => ({ key })),
  ];
  return [
    ...shapes.map((options) => root.client(options).der),
    ...KEYS.map((key) => makeRoot({ key }).der),
    root.server().der,
    root.intermediate({ pathLength: 0 }).der,
    rawCertificate({
      uniqueIds: [encode(0x81, bitString(Uint8Array.of(1)).subarray(2)), encode(0x82, Uint8Array.of(0))],
    }),
  ];
}
