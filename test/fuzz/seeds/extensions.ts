// Every standard extension in a full form, for seeds.

import { encodeExtension } from '../../../src/pki/extensions.ts';
import { encodeAlternativeNames } from '../../../src/pki/names.ts';
import { TAG } from '../../../src/x509/der.ts';
import {
  boolean,
  context,
  encode,
  integer,
  namedBits,
  nullValue,
  octetString,
  oid,
  sequence,
  utf8String,
} from '../../../src/x509/der-writer.ts';
import { EXTENSION } from '../../../src/x509/extensions.ts';
import { encodeTestName, type TestExtension } from '../../kit/pki.ts';

const NAME = encodeTestName([
  { type: 'C', value: 'DE', tag: TAG.printableString },
  [
    { type: 'O', value: 'Example' },
    { type: 'OU', value: 'Clients', tag: TAG.teletexString },
  ],
  { type: '2.5.4.3', value: Buffer.from('00410042', 'hex'), tag: TAG.bmpString },
]);

const uri = (text: string) => encode(0x86, Buffer.from(text));
const dns = (text: string) => encode(0x82, Buffer.from(text));
const range = (hex: string) => encode(0x87, Buffer.from(hex, 'hex'));

/** One GeneralName of every kind. */
export const GENERAL_NAMES: readonly Uint8Array[] = [
  dns('a.example'),
  dns('*.b.example'),
  encode(0x81, Buffer.from('alice@c.example')),
  uri('https://d.example:8443/x?y'),
  range('c0000201'),
  range('20010db8000000000000000000000001'),
  context(4, NAME),
  encode(0x88, Buffer.from('2a0304', 'hex')),
  context(0, oid('1.3.6.1.4.1.311.20.2.3'), context(0, utf8String('alice@corp.example'))),
  context(0, oid('1.3.6.1.5.5.7.8.9'), context(0, utf8String('ärger@example'))),
  context(3, sequence(nullValue())),
  context(5, context(1, utf8String('party'))),
];

const SUBTREES = [
  dns('example'),
  dns(''),
  encode(0x81, Buffer.from('.example')),
  uri('.example'),
  range('c0000200ffffff00'),
  range(`${'20010db8'.padEnd(32, '0')}${'ffffffff'.padEnd(32, '0')}`),
  context(4, NAME),
].map((base) => sequence(base));

const FULL_POINT = context(0, context(0, uri('http://crl.example/a.crl'), context(4, NAME)));
const RELATIVE_POINT = context(0, context(1, sequence(oid('2.5.4.3'), utf8String('crl1'))));
const REASONS = (number: number) => encode(0x80 | number, namedBits([1, 2, 6]).subarray(2));

const POINTS = sequence(
  sequence(FULL_POINT),
  sequence(RELATIVE_POINT, REASONS(1), context(2, context(4, NAME))),
  sequence(context(2, context(4, NAME))),
);

const qualifier = (type: string, value: Uint8Array) => sequence(oid(type), value);

export const CERTIFICATE_EXTENSIONS: readonly TestExtension[] = [
  { oid: EXTENSION.subjectAltName, value: sequence(...GENERAL_NAMES) },
  { oid: '2.5.29.18', value: encodeAlternativeNames([{ kind: 'dns', value: 'ca.example' }]) },
  { oid: EXTENSION.nameConstraints, critical: true, value: sequence(context(0, ...SUBTREES), context(1, ...SUBTREES)) },
  {
    oid: EXTENSION.certificatePolicies,
    value: sequence(
      sequence(oid('2.5.29.32.0')),
      sequence(
        oid('1.2.3.4'),
        sequence(
          qualifier('1.3.6.1.5.5.7.2.1', encode(TAG.ia5String, Buffer.from('http://cps.example'))),
          qualifier('1.3.6.1.5.5.7.2.2', sequence(utf8String('read this'))),
        ),
      ),
    ),
  },
  {
    oid: EXTENSION.policyMappings,
    critical: true,
    value: sequence(sequence(oid('1.2.3.4'), oid('1.2.3.5')), sequence(oid('1.2.3.4'), oid('1.2.3.6'))),
  },
  {
    oid: EXTENSION.policyConstraints,
    critical: true,
    value: sequence(encode(0x80, Uint8Array.of(0)), encode(0x81, Uint8Array.of(3))),
  },
  { oid: EXTENSION.inhibitAnyPolicy, critical: true, value: integer(2) },
  { oid: EXTENSION.crlDistributionPoints, value: POINTS },
  { oid: EXTENSION.freshestCrl, value: POINTS },
  { oid: EXTENSION.ocspNoCheck, value: nullValue() },
  {
    oid: EXTENSION.authorityInfoAccess,
    value: sequence(
      sequence(oid('1.3.6.1.5.5.7.48.1'), uri('http://ocsp.example')),
      sequence(oid('1.3.6.1.5.5.7.48.2'), uri('http://ca.example/ca.cer')),
    ),
  },
  { oid: '1.3.6.1.4.1.311.25.2', value: sequence(octetString(Buffer.from('S-1-5-21'))) },
];

/** The ones that the kit writes by itself, in the other forms they may have. */
export const OTHER_FORMS: readonly Uint8Array[] = [
  encodeExtension(EXTENSION.basicConstraints, true, sequence(boolean(true), integer(0))),
  encodeExtension(EXTENSION.keyUsage, true, namedBits([0, 1, 2, 3, 4, 5, 6, 7, 8])),
  encodeExtension(EXTENSION.extendedKeyUsage, true, sequence(oid('2.5.29.37.0'), oid('1.3.6.1.5.5.7.3.9'))),
  encodeExtension(
    EXTENSION.authorityKeyId,
    false,
    sequence(encode(0x80, Buffer.alloc(20, 1)), context(1, context(4, NAME)), encode(0x82, Uint8Array.of(1, 2))),
  ),
  encodeExtension(EXTENSION.subjectKeyId, false, octetString(Buffer.alloc(20, 2))),
];

export const CRL_EXTENSIONS: readonly (readonly TestExtension[])[] = [
  [
    {
      oid: EXTENSION.issuingDistributionPoint,
      critical: true,
      value: sequence(FULL_POINT, encode(0x81, Uint8Array.of(0xff))),
    },
  ],
  [
    {
      oid: EXTENSION.issuingDistributionPoint,
      critical: true,
      value: sequence(RELATIVE_POINT, REASONS(3), encode(0x84, Uint8Array.of(0xff))),
    },
  ],
  [{ oid: EXTENSION.issuingDistributionPoint, critical: true, value: sequence(encode(0x82, Uint8Array.of(0xff))) }],
  [{ oid: EXTENSION.deltaCrlIndicator, critical: true, value: integer(7) }],
  [{ oid: EXTENSION.freshestCrl, value: POINTS }],
];

export const CRL_ENTRY_EXTENSIONS: readonly TestExtension[] = [
  { oid: '2.5.29.24', value: encode(TAG.generalizedTime, Buffer.from('20240101000000Z')) },
  { oid: EXTENSION.certificateIssuer, critical: true, value: sequence(context(4, NAME)) },
];
