import t from 'tap';
import { parseCertificate } from '../../../src/x509/certificate.ts';
import { TAG } from '../../../src/x509/der.ts';
import {
  bitString,
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
import { urisOfPoints } from '../../../src/x509/distribution-points.ts';
import { EXTENSION } from '../../../src/x509/extensions.ts';
import { type RawParts, rawCertificate, rawExtension, rawExtensions } from '../../kit/raw-certificate.ts';

const read = (parts: RawParts = {}) => parseCertificate(rawCertificate(parts));
const withExtension = (type: string, value: Uint8Array) =>
  read({ extensions: rawExtensions(rawExtension(type, value)) });
const uri = (text: string) => encode(0x86, Buffer.from(text));

t.test('frame, version and serial number', async (t) => {
  t.match(read(), { version: 3, serial: '01' });
  t.equal(read({ version: null }).version, 1);
  t.equal(read({ version: context(0, integer(1)), uniqueIds: [encode(0x81, Uint8Array.of(0, 1))] }).version, 2);
  t.equal(read({ serial: integer(0x80n) }).serial, '80');
  t.equal(read({ serial: integer(0xabcn) }).serial, '0ABC');
  t.equal(read({ serial: integer(2n ** 159n - 1n) }).serial, `7F${'FF'.repeat(19)}`, 'twenty octets');
  const table: [RawParts, string][] = [
    [{ behindAll: nullValue() }, 'certificate: 2 octets too many'],
    [{ behindSignature: nullValue() }, 'certificate: 2 octets too many'],
    [{ behindTbs: nullValue() }, 'certificate.tbs: 2 octets too many'],
    [{ version: context(0, integer(0)) }, 'certificate.tbs.version: no such version, or the default encoded'],
    [{ version: context(0, integer(3)) }, 'certificate.tbs.version: no such version, or the default encoded'],
    [{ serial: integer(0) }, 'certificate.tbs.serialNumber: INTEGER is zero'],
    [{ serial: encode(TAG.integer, Uint8Array.of(0xff)) }, 'certificate.tbs.serialNumber: negative INTEGER'],
    [{ serial: encode(TAG.integer, Uint8Array.of(0, 1)) }, 'certificate.tbs.serialNumber: INTEGER is not minimal'],
    [{ serial: integer(2n ** 159n) }, 'certificate.tbs.serialNumber: serial number of more than 20 octets'],
    [{ outerAlgorithm: sequence(oid('1.3.101.113')) }, 'certificate.signatureAlgorithm: not the algorithm inside'],
    [
      { outerAlgorithm: sequence(oid('1.3.101.112'), nullValue()) },
      'certificate.signatureAlgorithm: not the algorithm inside',
    ],
    [{ signature: bitString(Uint8Array.of(2), 1) }, 'certificate.signature: not a whole number of octets'],
    [{ signature: octetString(new Uint8Array(64)) }, 'certificate.signature: tag 0x04 instead of 0x03'],
    [{ notAfter: utf8String('301231235959Z') }, 'certificate.tbs.validity.notAfter: not a time'],
    [
      { version: null, uniqueIds: [encode(0x81, Uint8Array.of(0, 1))] },
      'certificate.tbs.issuerUniqueID: unique identifier in version 1',
    ],
  ];
  for (const [parts, message] of table) t.throws(() => read(parts), { name: 'Malformed', message });
  t.throws(() => parseCertificate(rawCertificate(), 100), { message: 'certificate: larger than 100 octets' });
  t.doesNotThrow(() => parseCertificate(rawCertificate(), rawCertificate().length));
});

t.test('extensions', async (t) => {
  const unknown = rawExtension('1.2.3', Uint8Array.of(0xff, 0xff), [boolean(true)]);
  t.same(read({ extensions: rawExtensions(unknown) }).extensions, [
    { oid: '1.2.3', critical: true, value: Uint8Array.of(0xff, 0xff) },
  ]);
  const table: [RawParts, string][] = [
    [{ extensions: rawExtensions() }, 'certificate.tbs.extensions: no extensions'],
    [
      { extensions: rawExtensions(unknown, rawExtension('1.2.3', nullValue())) },
      'certificate.tbs.extensions[1]: extension 1.2.3 is there twice',
    ],
    [
      { extensions: rawExtensions(rawExtension('1.2.3', nullValue(), [boolean(false)])) },
      'certificate.tbs.extensions[0].critical: default FALSE is encoded',
    ],
    [
      { extensions: rawExtensions(sequence(oid('1.2.3'), boolean(true))) },
      'certificate.tbs.extensions[0].extnValue: missing',
    ],
    [
      { extensions: context(3, sequence(unknown), sequence(unknown)) },
      `certificate.tbs.extensions: ${sequence(unknown).length} octets too many`,
    ],
    [{ extensions: rawExtensions(unknown), version: null }, 'certificate.tbs.extensions: extensions in version 1'],
    [
      { extensions: rawExtensions(unknown), version: context(0, integer(1)) },
      'certificate.tbs.extensions: extensions in version 2',
    ],
  ];
  for (const [parts, message] of table) t.throws(() => read(parts), { name: 'Malformed', message });
});

t.test('known extensions are read', async (t) => {
  const known = (type: string, value: Uint8Array) => withExtension(type, value).known;
  t.match(known(EXTENSION.basicConstraints, sequence(boolean(true), integer(0))), {
    basicConstraints: { ca: true, pathLength: 0 },
  });
  t.match(known(EXTENSION.basicConstraints, sequence()), { basicConstraints: { ca: false, pathLength: undefined } });
  t.same([...(known(EXTENSION.keyUsage, namedBits([0, 8])).keyUsage ?? [])], ['digitalSignature', 'decipherOnly']);
  t.match(known(EXTENSION.extendedKeyUsage, sequence(oid('1.2.3'), oid('1.2.4'))), {
    extendedKeyUsage: ['1.2.3', '1.2.4'],
  });
  t.equal(known(EXTENSION.subjectKeyId, octetString(Uint8Array.of(0xab, 1))).subjectKeyId, 'ab01');
  t.equal(known(EXTENSION.authorityKeyId, sequence(encode(0x80, Uint8Array.of(0xcd)))).authorityKeyId, 'cd');
  t.equal(known(EXTENSION.authorityKeyId, sequence()).authorityKeyId, undefined);
  t.equal(
    known(EXTENSION.authorityKeyId, sequence(context(1, uri('a:b')), encode(0x82, Uint8Array.of(1)))).authorityKeyId,
    undefined,
  );
  const point = (...names: readonly Uint8Array[]) => sequence(context(0, context(0, ...names)));
  t.same(
    urisOfPoints(
      known(EXTENSION.crlDistributionPoints, sequence(point(uri('ldap:///a'), uri('http://b')), point(uri('http://c'))))
        .crlDistributionPoints,
    ),
    ['ldap:///a', 'http://b', 'http://c'],
  );
  const access = (method: number, text: string) => sequence(oid(`1.3.6.1.5.5.7.48.${method}`), uri(text));
  t.match(known(EXTENSION.authorityInfoAccess, sequence(access(1, 'http://o'), access(2, 'http://i'))), {
    ocspUris: ['http://o'],
    caIssuerUris: ['http://i'],
  });
  t.match(read().known, { keyUsage: undefined, subjectAltNames: undefined, crlDistributionPoints: [], ocspUris: [] });
});

t.test('known extensions that are broken', async (t) => {
  const table: [keyof typeof EXTENSION, Uint8Array, string][] = [
    ['basicConstraints', sequence(boolean(false)), '.cA: default FALSE is encoded'],
    [
      'basicConstraints',
      sequence(boolean(true), encode(TAG.integer, Uint8Array.of(0xff))),
      '.pathLenConstraint: negative INTEGER',
    ],
    ['basicConstraints', sequence(boolean(true), integer(0), integer(0)), ': 3 octets too many'],
    ['basicConstraints', Buffer.concat([sequence(), nullValue()]), ': 2 octets too many'],
    ['basicConstraints', boolean(true), ': tag 0x01 instead of 0x30'],
    ['keyUsage', namedBits([]), ': no usage'],
    ['keyUsage', namedBits([9]), ': unknown usage'],
    ['keyUsage', bitString(Uint8Array.of(0x80), 0), ': named bits end in zeros'],
    ['keyUsage', bitString(Uint8Array.of(0x81), 7), ': unused bits are not zero'],
    ['extendedKeyUsage', sequence(), ': no purpose'],
    ['extendedKeyUsage', sequence(integer(1)), '[0]: tag 0x02 instead of 0x06'],
    ['subjectKeyId', Uint8Array.of(1, 2, 3), ': longer than what holds it'],
    ['authorityKeyId', sequence(context(1, uri('a:b'))), ': issuer without serial'],
    ['crlDistributionPoints', sequence(), ': no point'],
    ['crlDistributionPoints', sequence(sequence()), '[0]: neither name nor issuer'],
    ['crlDistributionPoints', sequence(sequence(context(0, context(0)))), '[0].distributionPoint.name: no names'],
    ['authorityInfoAccess', sequence(), ': no access description'],
    ['authorityInfoAccess', sequence(sequence(oid('1.2.3'))), '[0].accessLocation: missing'],
  ];
  for (const [name, value, rest] of table) {
    const message = `certificate.tbs.extensions[0].${name}${rest}`;
    t.throws(() => withExtension(EXTENSION[name], value), { name: 'Malformed', message });
  }
});
