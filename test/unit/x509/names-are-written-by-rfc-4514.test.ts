import t from 'tap';
import { readWhole, TAG } from '../../../src/x509/der.ts';
import { readName } from '../../../src/x509/name.ts';
import { attributeOid, attributeValues, formatRfc4514 } from '../../../src/x509/name-text.ts';
import { encodeTestName, type TestName } from '../../kit/pki.ts';

const read = (name: TestName) => readName(readWhole(encodeTestName(name), 'name'));
const cn = (value: string): TestName => [{ type: 'CN', value }];

t.test('text', async (t) => {
  const table: [TestName, string][] = [
    [[], ''],
    [
      [
        { type: 'C', value: 'DE' },
        { type: 'O', value: 'Org' },
        { type: 'CN', value: 'alice' },
      ],
      'CN=alice,O=Org,C=DE',
    ],
    [
      [
        { type: 'CN', value: 'a' },
        { type: 'CN', value: 'b' },
      ],
      'CN=b,CN=a',
    ],
    [
      [
        { type: 'O', value: 'o' },
        [
          { type: 'CN', value: 'a' },
          { type: 'UID', value: '7' },
        ],
      ],
      'CN=a+UID=7,O=o',
    ],
    [cn('a,b+c"d\\e<f>g;h=i'), 'CN=a\\,b\\+c\\"d\\\\e\\<f\\>g\\;h=i'],
    [cn(' a '), 'CN=\\ a\\ '],
    [cn('  '), 'CN=\\ \\ '],
    [cn(' '), 'CN=\\ '],
    [cn('#a#'), 'CN=\\#a#'],
    [cn(''), 'CN='],
    [cn('Müller 李'), 'CN=M\\C3\\BCller \\E6\\9D\\8E'],
    [cn('a\r\nX-Admin: 1\0\x7f'), 'CN=a\\0D\\0AX-Admin: 1\\00\\7F'],
    [[{ type: 'CN', value: Uint8Array.of(5), tag: TAG.integer }], 'CN=#020105'],
    [[{ type: '1.2.3.4', value: 'a' }], '1.2.3.4=#0C0161'],
    [[{ type: 'emailAddress', value: 'a@b', tag: TAG.ia5String }], '1.2.840.113549.1.9.1=#1603614062'],
    [cn('x,CN=admin'), 'CN=x\\,CN=admin'],
  ];
  for (const [name, text] of table) t.equal(formatRfc4514(read(name)), text, text);
  // With a letter before each: so many combining marks in a row are no name.
  const all = Array.from({ length: 0x500 }, (_, point) => `a${String.fromCodePoint(point)}`).join('');
  t.match(formatRfc4514(read(cn(all))), /^[\x20-\x7e]+$/, 'printable ASCII only');
});

t.test('attributes by type', async (t) => {
  const name = read([
    { type: 'CN', value: 'first' },
    [
      { type: 'OU', value: 'unit' },
      { type: 'CN', value: 'second' },
    ],
    { type: 'CN', value: Uint8Array.of(5), tag: TAG.integer },
  ]);
  t.same(attributeValues(name, 'CN'), ['first', 'second'], 'in encoded order, texts only');
  t.same(attributeValues(name, 'cn'), ['first', 'second']);
  t.same(attributeValues(name, '2.5.4.11'), ['unit']);
  t.same(attributeValues(name, 'O'), []);
  t.same(attributeValues(name, 'nonsense'), []);
  for (const [type, oid] of [
    ['S', '2.5.4.8'],
    ['ST', '2.5.4.8'],
    ['SN', '2.5.4.4'],
    ['serialNumber', '2.5.4.5'],
    ['T', '2.5.4.12'],
    ['GN', '2.5.4.42'],
    ['E', '1.2.840.113549.1.9.1'],
    ['DC', '0.9.2342.19200300.100.1.25'],
    ['1.2.3', '1.2.3'],
    ['1.02', undefined],
    ['3.1', undefined],
    ['constructor', undefined],
  ] as const) {
    t.equal(attributeOid(type), oid, type);
  }
});
