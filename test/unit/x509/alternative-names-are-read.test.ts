import t from 'tap';
import { encodeAlternativeNames } from '../../../src/pki/names.ts';
import { parseCertificate } from '../../../src/x509/certificate.ts';
import { TAG } from '../../../src/x509/der.ts';
import { boolean, context, encode, integer, oid, sequence, utf8String } from '../../../src/x509/der-writer.ts';
import { UPN_OID } from '../../../src/x509/general-names.ts';
import { formatIp } from '../../../src/x509/ip-text.ts';
import { formatRfc4514 } from '../../../src/x509/name-text.ts';
import { rawCertificate, rawExtension, rawExtensions, rawName } from '../../kit/raw-certificate.ts';

const readNames = (...names: readonly Uint8Array[]) => readValue(sequence(...names));
const readValue = (value: Uint8Array) =>
  parseCertificate(rawCertificate({ extensions: rawExtensions(rawExtension('2.5.29.17', value)) })).known
    .subjectAltNames;
const text = (tag: number, value: string) => encode(tag, Buffer.from(value, 'latin1'));

t.test('every kind', async (t) => {
  t.match(readNames(text(0x82, 'a.example')), [{ kind: 'dns', value: 'a.example' }]);
  t.match(readNames(text(0x81, 'a@b.example')), [{ kind: 'email', value: 'a@b.example' }]);
  t.match(readNames(text(0x86, 'spiffe://x/y,z')), [{ kind: 'uri', value: 'spiffe://x/y,z' }]);
  t.match(readNames(encode(0x87, Uint8Array.of(192, 0, 2, 1))), [{ kind: 'ip', value: '192.0.2.1' }]);
  t.match(readNames(encode(0x88, Uint8Array.of(0x2a, 3))), [{ kind: 'registeredId', value: '1.2.3' }]);
  t.match(readNames(context(0, oid(UPN_OID), context(0, utf8String('älice@corp')))), [
    { kind: 'upn', value: 'älice@corp' },
  ]);
  t.match(readNames(context(0, oid('1.2.3'), context(0, integer(5)))), [{ kind: 'other', type: '1.2.3' }]);
  t.match(readNames(context(3, sequence())), [{ kind: 'other', type: 'x400Address' }]);
  t.match(readNames(context(5, sequence())), [{ kind: 'other', type: 'ediPartyName' }]);
  const [directory] = readNames(context(4, rawName('a'))) ?? [];
  t.equal(directory?.kind === 'directoryName' && formatRfc4514(directory.name), 'CN=a');
  t.equal(readNames(text(0x82, 'a'), text(0x82, 'b'), text(0x81, 'c'))?.length, 3, 'in their order');
});

t.test('what is malformed', async (t) => {
  const dns = text(0x82, 'a');
  t.equal(readNames(dns)?.length, 1);
  const where = 'certificate.tbs.extensions[0].subjectAltName';
  t.throws(() => readNames(), { message: `${where}: no names` });
  t.throws(() => readValue(dns), { message: `${where}: tag 0x82 instead of 0x30` });
  t.throws(() => readValue(Buffer.concat([sequence(dns), dns])), { message: `${where}: 3 octets too many` });
  for (const tag of [0x81, 0x82, 0x86]) {
    t.throws(() => readNames(dns, text(tag, '')), { message: `${where}[1]: empty` });
    t.throws(() => readNames(text(tag, 'a\0.b')), { message: `${where}[0]: control character in text` });
    t.throws(() => readNames(text(tag, 'a\r\nb')), { message: `${where}[0]: control character in text` });
    t.throws(() => readNames(text(tag, 'a\x7f')), { message: `${where}[0]: control character in text` });
    t.throws(() => readNames(text(tag, 'ä')), { message: `${where}[0]: text is not ASCII` });
  }
  for (const length of [0, 3, 5, 8, 15, 17, 32]) {
    t.throws(() => readNames(encode(0x87, new Uint8Array(length))), {
      message: `${where}[0]: iPAddress of a wrong length`,
    });
  }
  t.throws(() => readNames(context(0, oid(UPN_OID), context(0, encode(TAG.ia5String, Buffer.from('a'))))), {
    message: `${where}[0].value.any: tag 0x16 instead of 0x0c`,
  });
  t.throws(() => readNames(context(0, oid(UPN_OID), context(0, utf8String('')))), { message: /empty/ });
  t.throws(() => readNames(context(0, oid(UPN_OID))), { message: `${where}[0].value: missing` });
  t.throws(() => readNames(context(0, oid('1.2.3'), context(0, encode(TAG.integer)))), { message: /empty INTEGER/ });
  t.throws(() => readNames(utf8String('a')), { message: `${where}[0]: no kind of name` });
  t.throws(() => readNames(boolean(true)), { message: `${where}[0]: no kind of name` });
  t.throws(() => readNames(encode(0xa2, text(0x16, 'a'))), { message: `${where}[0]: no kind of name` });
});

t.test('IP addresses are written by RFC 5952', async (t) => {
  for (const address of [
    '0.0.0.0',
    '255.1.2.3',
    '::',
    '::1',
    '1::',
    '2001:db8::1',
    '2001:db8:0:1:1:1:1:1',
    '2001:0:0:1::1',
    '2001:db8::1:0:0:1',
    '::ffff:192.0.2.1',
    'fe80::abcd:0:12',
  ]) {
    const encoded = encodeAlternativeNames([{ kind: 'ip', value: address }]);
    t.equal(formatIp(encoded.subarray(4)), address);
  }
});
