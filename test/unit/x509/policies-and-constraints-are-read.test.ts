import t, { type Test } from 'tap';
import type { KnownExtensions } from '../../../src/model/certificate.ts';
import { parseCertificate } from '../../../src/x509/certificate.ts';
import { readWhole, TAG } from '../../../src/x509/der.ts';
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
import { readIssuingDistributionPoint } from '../../../src/x509/distribution-points.ts';
import { EXTENSION } from '../../../src/x509/extensions.ts';
import { rawCertificate, rawExtension, rawExtensions, rawName } from '../../kit/raw-certificate.ts';

type Name = keyof KnownExtensions & keyof typeof EXTENSION;
/** What is broken, the bytes, and where and what the reader says. */
type Broken = readonly [string, Uint8Array, string];

const known = (name: Name, value: Uint8Array) =>
  parseCertificate(rawCertificate({ extensions: rawExtensions(rawExtension(EXTENSION[name], value)) })).known[name];

function reads(t: Test, name: Name, value: Uint8Array, meaning: unknown, message: string) {
  t.strictSame(known(name, value), meaning, message);
}

function refuses(t: Test, name: Name, table: readonly Broken[]) {
  for (const [what, value, rest] of table) {
    const message = `certificate.tbs.extensions[0].${name}${rest}`;
    t.throws(() => known(name, value), { name: 'Malformed', message }, what);
  }
}

const small = (tag: number, ...octets: readonly number[]) => encode(tag, Uint8Array.from(octets));
const text = (tag: number, value: string) => encode(tag, Buffer.from(value));
const dns = (value: string) => text(0x82, value);

t.test('certificatePolicies', async (t) => {
  const policy = (id: string, ...more: readonly Uint8Array[]) => sequence(oid(id), ...more);
  const qualifier = sequence(oid('1.3.6.1.5.5.7.2.1'), text(0x16, 'http://cps'));
  reads(t, 'certificatePolicies', sequence(policy('1.2.3')), ['1.2.3'], 'one');
  const two = sequence(policy('1.2.3'), policy('2.5.29.32.0'));
  reads(t, 'certificatePolicies', two, ['1.2.3', '2.5.29.32.0'], 'two, in their order');
  reads(t, 'certificatePolicies', sequence(policy('1.2.3', sequence(qualifier))), ['1.2.3'], 'with a qualifier');
  refuses(t, 'certificatePolicies', [
    ['none', sequence(), ': no policy'],
    ['no list', policy('1.2.3'), '[0]: tag 0x06 instead of 0x30'],
    ['one twice', sequence(policy('1.2.3'), policy('1.2.3')), '[1]: policy 1.2.3 is there twice'],
    ['no identifier', sequence(sequence()), '[0].policyIdentifier: missing'],
    ['an empty OID', sequence(sequence(encode(TAG.oid))), '[0].policyIdentifier: broken OID'],
    ['qualifiers without any', sequence(policy('1.2.3', sequence())), '[0].policyQualifiers: no qualifier'],
    [
      'a qualifier without a value',
      sequence(policy('1.2.3', sequence(sequence(oid('1.2'))))),
      '[0].policyQualifiers[0].qualifier: missing',
    ],
    [
      'a qualifier that is no DER',
      sequence(policy('1.2.3', sequence(sequence(oid('1.2'), small(TAG.boolean, 1))))),
      '[0].policyQualifiers[0].qualifier: BOOLEAN is neither 00 nor FF',
    ],
    ['something behind', sequence(policy('1.2.3', nullValue())), '[0]: 2 octets too many'],
  ]);
});

t.test('policyMappings', async (t) => {
  const mapping = sequence(oid('1.2.3'), oid('1.2.4'));
  const meaning = [{ issuerDomain: '1.2.3', subjectDomain: '1.2.4' }];
  reads(t, 'policyMappings', sequence(mapping), meaning, 'one');
  const any = sequence(sequence(oid('1.2.3'), oid('2.5.29.32.0')));
  reads(t, 'policyMappings', any, [{ issuerDomain: '1.2.3', subjectDomain: '2.5.29.32.0' }], 'validation refuses it');
  refuses(t, 'policyMappings', [
    ['none', sequence(), ': no mapping'],
    ['of one policy', sequence(sequence(oid('1.2.3'))), '[0].subjectDomainPolicy: missing'],
    ['of three', sequence(sequence(oid('1.2.3'), oid('1.2.4'), oid('1.2.5'))), '[0]: 4 octets too many'],
    ['of no policies', sequence(sequence(integer(1), integer(2))), '[0].issuerDomainPolicy: tag 0x02 instead of 0x06'],
  ]);
});

t.test('policyConstraints', async (t) => {
  const explicit = small(0x80, 0);
  const mapping = small(0x81, 2);
  const name = 'policyConstraints';
  reads(t, name, sequence(explicit, mapping), { requireExplicitPolicy: 0, inhibitPolicyMapping: 2 }, 'both');
  reads(t, name, sequence(explicit), { requireExplicitPolicy: 0, inhibitPolicyMapping: undefined }, 'the first');
  reads(t, name, sequence(mapping), { requireExplicitPolicy: undefined, inhibitPolicyMapping: 2 }, 'the second');
  refuses(t, name, [
    ['neither', sequence(), ': empty'],
    ['in the wrong order', sequence(mapping, explicit), ': 3 octets too many'],
    ['one twice', sequence(explicit, explicit), ': 3 octets too many'],
    ['a negative count', sequence(small(0x80, 0xff)), '.requireExplicitPolicy: negative INTEGER'],
    ['an empty count', sequence(encode(0x81)), '.inhibitPolicyMapping: empty INTEGER'],
    ['a count that is not minimal', sequence(small(0x80, 0, 1)), '.requireExplicitPolicy: INTEGER is not minimal'],
    ['a huge count', sequence(small(0x80, 1, 0, 0, 0, 0, 0, 0)), '.requireExplicitPolicy: INTEGER is too large'],
    ['a count under a tag of its own', sequence(context(0, integer(0))), ': empty'],
    ['no sequence', integer(0), ': tag 0x02 instead of 0x30'],
  ]);
});

t.test('inhibitAnyPolicy', async (t) => {
  reads(t, 'inhibitAnyPolicy', integer(0), 0, 'at once');
  reads(t, 'inhibitAnyPolicy', integer(300), 300, 'after many');
  refuses(t, 'inhibitAnyPolicy', [
    ['negative', small(TAG.integer, 0xff), ': negative INTEGER'],
    ['no number', nullValue(), ': tag 0x05 instead of 0x02'],
    ['wrapped', sequence(integer(0)), ': tag 0x30 instead of 0x02'],
  ]);
});

t.test('nameConstraints', async (t) => {
  const name = 'nameConstraints';
  const subtree = (base: Uint8Array, ...more: readonly Uint8Array[]) => sequence(base, ...more);
  const permitted = (...subtrees: readonly Uint8Array[]) => context(0, ...subtrees);
  const excluded = (...subtrees: readonly Uint8Array[]) => context(1, ...subtrees);
  const dnsOf = (value: string) => ({ kind: 'dns', value });
  const one = permitted(subtree(dns('example')));
  reads(t, name, sequence(one), { permitted: [dnsOf('example')], excluded: undefined }, 'permitted');
  const other = excluded(subtree(dns('.example')), subtree(dns('')));
  reads(t, name, sequence(other), { permitted: undefined, excluded: [dnsOf('.example'), dnsOf('')] }, 'excluded');
  t.match(known(name, sequence(one, other)), { permitted: [{}], excluded: [{}, {}] }, 'both');
  const range = (bytes: readonly number[]) => sequence(permitted(subtree(small(0x87, ...bytes))));
  const v4 = { kind: 'ip', value: '10.0.0.0/255.0.0.0' };
  t.match(known(name, range([10, 0, 0, 0, 255, 0, 0, 0])), { permitted: [v4] }, 'a range of addresses');
  t.match(known(name, range(Array(32).fill(0))), { permitted: [{ value: '::/::' }] }, 'of version 6');
  const directory = sequence(permitted(subtree(context(4, rawName('a')))));
  t.match(known(name, directory), { permitted: [{ kind: 'directoryName' }] }, 'directory names');
  refuses(t, name, [
    ['neither', sequence(), ': empty'],
    ['in the wrong order', sequence(other, one), `: ${one.length} octets too many`],
    ['no subtree', sequence(permitted()), '.permittedSubtrees: no subtree'],
    ['no excluded subtree', sequence(one, excluded()), '.excludedSubtrees: no subtree'],
    ['a subtree without a base', sequence(permitted(sequence())), '.permittedSubtrees[0].base: missing'],
    ['no kind of name', sequence(permitted(subtree(small(0x89, 1)))), '.permittedSubtrees[0].base: no kind of name'],
    [
      'a minimum',
      sequence(permitted(subtree(dns('a'), small(0x80, 1)))),
      '.permittedSubtrees[0].minimum: other than zero',
    ],
    [
      'the default written',
      sequence(permitted(subtree(dns('a'), small(0x80, 0)))),
      '.permittedSubtrees[0].minimum: default 0 is encoded',
    ],
    [
      'a maximum',
      sequence(permitted(subtree(dns('a'), small(0x81, 9)))),
      '.permittedSubtrees[0].maximum: is not to be there',
    ],
    ['an address alone', range([10, 0, 0, 0]), '.permittedSubtrees[0].base: address range of a wrong length'],
    [
      'a control character',
      sequence(permitted(subtree(dns('a\nb')))),
      '.permittedSubtrees[0].base: control character in text',
    ],
  ]);
});

const uri = (value: string) => text(0x86, value);
const fullName = context(0, context(0, uri('http://a')));
const full = { kind: 'full', names: [{ kind: 'uri', value: 'http://a' }] };
const commonName = sequence(oid('2.5.4.3'), utf8String('part'));
const issuerName = context(2, context(4, rawName('other')));

for (const name of ['crlDistributionPoints', 'freshestCrl'] as const) {
  t.test(name, async (t) => {
    const point = { name: full, reasons: undefined, crlIssuer: undefined };
    reads(t, name, sequence(sequence(fullName)), [point], 'a full name');
    const reasons = new Set(['keyCompromise', 'aACompromise']);
    const withReasons = sequence(sequence(fullName, encode(0x81, namedContent([1, 8]))));
    reads(t, name, withReasons, [{ ...point, reasons }], 'reasons');
    const unused = sequence(sequence(fullName, encode(0x81, namedContent([0]))));
    reads(t, name, unused, [{ ...point, reasons: new Set() }], 'the reason that is not used: none, and not all');
    const relative = sequence(sequence(context(0, context(1, commonName)), issuerName));
    t.match(known(name, relative), [
      { name: { kind: 'relative', rdn: [{ value: 'part' }] }, crlIssuer: [{ kind: 'directoryName' }] },
    ]);
    t.match(known(name, sequence(sequence(issuerName))), [{ name: undefined, crlIssuer: [{}] }], 'an issuer only');
    refuses(t, name, [
      ['none', sequence(), ': no point'],
      ['neither name nor issuer', sequence(sequence()), '[0]: neither name nor issuer'],
      ['reasons alone', sequence(sequence(encode(0x81, namedContent([1])))), '[0]: neither name nor issuer'],
      ['no names', sequence(sequence(context(0, context(0)))), '[0].distributionPoint.name: no names'],
      ['no name', sequence(sequence(context(0))), '[0].distributionPoint.name: missing'],
      [
        'another choice',
        sequence(sequence(context(0, context(2)))),
        '[0].distributionPoint.name: tag 0xa2 instead of 0xa1',
      ],
      [
        'a relative name of nothing',
        sequence(sequence(context(0, context(1)))),
        '[0].distributionPoint.name: empty relative name',
      ],
      ['an issuer of no name', sequence(sequence(fullName, context(2))), '[0].cRLIssuer: no names'],
      [
        'a reason that there is not',
        sequence(sequence(fullName, encode(0x81, namedContent([9])))),
        '[0].reasons: no such reason',
      ],
      ['in the wrong order', sequence(sequence(issuerName, fullName)), `[0]: ${fullName.length} octets too many`],
    ]);
  });
}

/** The content of a BIT STRING, for an implicit tag. */
function namedContent(bits: readonly number[]): Uint8Array {
  return namedBits(bits).subarray(2);
}

t.test('issuingDistributionPoint', async (t) => {
  const read = (...fields: readonly Uint8Array[]) =>
    readIssuingDistributionPoint(readWhole(sequence(...fields), 'idp'));
  const yes = (tag: number) => small(tag, 0xff);
  const empty = {
    name: undefined,
    onlyContainsUserCerts: false,
    onlyContainsCaCerts: false,
    onlySomeReasons: undefined,
    indirectCrl: false,
    onlyContainsAttributeCerts: false,
  };
  t.strictSame(read(fullName), { ...empty, name: full }, 'a name');
  t.strictSame(read(yes(0x81)), { ...empty, onlyContainsUserCerts: true }, 'clients');
  t.strictSame(read(yes(0x82)), { ...empty, onlyContainsCaCerts: true }, 'authorities');
  t.strictSame(read(yes(0x84)), { ...empty, indirectCrl: true }, 'of several issuers');
  t.strictSame(read(yes(0x85)), { ...empty, onlyContainsAttributeCerts: true }, 'attribute certificates');
  const some = encode(0x83, namedContent([1]));
  t.strictSame(read(some), { ...empty, onlySomeReasons: new Set(['keyCompromise']) }, 'reasons');
  t.match(read(fullName, yes(0x82), some, yes(0x84)), { indirectCrl: true, onlyContainsCaCerts: true }, 'together');
  const table: [string, readonly Uint8Array[], string][] = [
    ['nothing', [], 'idp: empty'],
    ['two that exclude each other', [yes(0x81), yes(0x82)], 'idp: more than one of the flags that exclude each other'],
    ['the default written', [small(0x81, 0)], 'idp.onlyContainsUserCerts: default FALSE is encoded'],
    ['neither true nor false', [small(0x84, 1)], 'idp.indirectCRL: BOOLEAN is neither 00 nor FF'],
    ['in the wrong order', [yes(0x82), fullName], `idp: ${fullName.length} octets too many`],
    ['an unknown field', [yes(0x81), octetString(boolean(true))], 'idp: 5 octets too many'],
  ];
  for (const [what, fields, message] of table) t.throws(() => read(...fields), { name: 'Malformed', message }, what);
});
