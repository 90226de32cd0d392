import t from 'tap';
import { inside, readWhole } from '../../../src/x509/der.ts';
import {
  checkAny,
  readBitOctets,
  readBoolean,
  readNamedBits,
  readOid,
  readPositiveOctets,
  readSmallInteger,
} from '../../../src/x509/der-values.ts';
import { integer, namedBits, oid, sequence } from '../../../src/x509/der-writer.ts';

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const walk = (hex: string) => checkAny(readWhole(bytes(hex), 'value'));

t.test('frames', async (t) => {
  const table: [sound: string, broken: string, why: string][] = [
    ['04 01 61', '04 81 01 61', 'length in two octets that fits in one'],
    [`04 81 80 ${'61'.repeat(128)}`, `04 82 00 80 ${'61'.repeat(128)}`, 'length with a leading zero'],
    ['30 02 05 00', '30 80 05 00 00 00', 'indefinite length'],
    ['04 01 61', '04 01 61 00', 'an octet behind'],
    ['04 01 61', '04 02 61', 'content cut off'],
    ['04 01 61', '04', 'no length'],
    ['04 01 61', '', 'nothing'],
    ['30 03 04 01 61', '30 03 04 02 61', 'element longer than what holds it'],
    ['30 00', '10 00', 'SEQUENCE as primitive'],
    ['0c 01 61', '2c 03 0c 01 61', 'string in pieces'],
    ['04 01 61', '1f 01 01 61', 'tag number in octets of its own'],
    ['04 01 61', '00 01 61', 'end of contents'],
    ['04 00', '04 85 00 00 00 00 00', 'length of five octets'],
    ['04 00', '04 84 ff ff ff ff', 'length beyond everything'],
    ['01 01 ff', '01 01 01', 'TRUE that is not FF'],
    ['02 02 00 80', '02 02 00 7f', 'INTEGER with a needless zero'],
    ['02 02 ff 7f', '02 02 ff 80', 'INTEGER with needless ones'],
    ['02 01 00', '02 00', 'empty INTEGER'],
    ['03 02 01 fe', '03 02 01 ff', 'unused bits set'],
    ['03 01 00', '03 01 01', 'unused bits of no octet'],
    ['03 02 07 80', '03 02 08 80', 'eight unused bits'],
    ['05 00', '05 01 00', 'NULL with content'],
    ['06 01 2a', '06 02 80 2a', 'OID with a needless octet'],
    ['06 02 2a 03', '06 02 2a 83', 'OID that does not end'],
    ['06 01 2a', '06 00', 'empty OID'],
  ];
  for (const [sound, broken, why] of table) {
    t.doesNotThrow(() => walk(sound), `sound: ${sound.slice(0, 24)}`);
    t.throws(() => walk(broken), { name: 'Malformed' }, why);
  }
});

t.test('nesting is bounded', async (t) => {
  const nest = (depth: number) =>
    Array.from({ length: depth }).reduce<Uint8Array>((inner) => sequence(inner), sequence());
  t.doesNotThrow(() => checkAny(readWhole(nest(16), 'value')));
  t.throws(() => checkAny(readWhole(nest(17), 'value')), { name: 'Malformed', message: /nested too deeply/ });
  t.throws(() => checkAny(readWhole(nest(5000), 'value')), { message: /nested too deeply/ });
});

t.test('values', async (t) => {
  const whole = (der: Uint8Array) => readWhole(der, 'value');
  t.equal(readBoolean(whole(bytes('0101ff'))), true);
  t.equal(readBoolean(whole(bytes('010100'))), false);
  for (const value of [0, 1, 127, 128, 255, 256, 65535, 2 ** 47 - 1])
    t.equal(readSmallInteger(whole(integer(value))), value);
  t.throws(() => readSmallInteger(whole(integer(2 ** 48))), { message: 'value: INTEGER is too large' });
  t.throws(() => readSmallInteger(whole(bytes('0201ff'))), { message: 'value: negative INTEGER' });
  t.same(readPositiveOctets(whole(integer(128))), Uint8Array.of(128), 'without the sign octet');
  t.throws(() => readPositiveOctets(whole(integer(0))), { message: 'value: INTEGER is zero' });
  for (const text of ['0.0', '1.39.1', '2.5.4.3', '2.999.1', '1.2.840.113549.1.1.11', `2.25.${2n ** 127n}`]) {
    t.equal(readOid(whole(oid(text))), text);
  }
  t.throws(
    () => readOid(whole(bytes(`0641${'01'.repeat(65)}`))),
    { message: 'value: broken OID' },
    'an OID without end',
  );
  t.same(readNamedBits(whole(namedBits([0, 5, 8]))), [0, 5, 8]);
  t.same(readNamedBits(whole(namedBits([]))), []);
  t.throws(() => readNamedBits(whole(bytes('03020080'))), { message: 'value: named bits end in zeros' });
  t.throws(() => readBitOctets(whole(bytes('03020780'))), { message: 'value: not a whole number of octets' });
});

t.test('a message says where', async (t) => {
  const read = (der: Uint8Array) => inside(readWhole(der, 'thing'), (fields) => readBoolean(fields.read('flag', 0x01)));
  t.equal(read(bytes('30030101ff')), true);
  t.throws(() => read(bytes('3003010101')), { message: 'thing.flag: BOOLEAN is neither 00 nor FF' });
  t.throws(() => read(bytes('3003020101')), { message: 'thing.flag: tag 0x02 instead of 0x01' });
  t.throws(() => read(bytes('3000')), { message: 'thing.flag: missing' });
  t.throws(() => read(bytes('30050101ff0500')), { message: 'thing: 2 octets too many' });
});
