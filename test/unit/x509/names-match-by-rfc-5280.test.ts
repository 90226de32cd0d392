import t from 'tap';
import type { DistinguishedName } from '../../../src/model/certificate.ts';
import { readWhole, TAG } from '../../../src/x509/der.ts';
import { encode, integer, oid, sequence } from '../../../src/x509/der-writer.ts';
import { readName } from '../../../src/x509/name.ts';
import { encodeTestName, type TestName } from '../../kit/pki.ts';

const read = (name: TestName): DistinguishedName => readName(readWhole(encodeTestName(name), 'name'));
const key = (name: TestName) => read(name).matchKey;
const cn = (value: string | Uint8Array, tag?: number): TestName => [{ type: 'CN', value, ...(tag && { tag }) }];
const utf16 = (text: string) => Buffer.from(text, 'utf16le').swap16();

t.test('every string type is read', async (t) => {
  const text = (value: string | Uint8Array, tag: number) => read(cn(value, tag)).rdns[0]?.[0]?.value;
  t.equal(text('李 🔑', TAG.utf8String), '李 🔑');
  t.equal(text('Alice', TAG.printableString), 'Alice');
  t.equal(text('a@b', TAG.ia5String), 'a@b');
  t.equal(text('123', TAG.numericString), '123');
  t.equal(text('abc', TAG.visibleString), 'abc');
  t.equal(text(Buffer.from('Müller', 'latin1'), TAG.teletexString), 'Müller');
  t.equal(text(utf16('Müller 李'), TAG.bmpString), 'Müller 李');
  t.equal(text(Uint8Array.of(0, 1, 0xf5, 0x11), TAG.universalString), '🔑');
  t.equal(text('a\0\r\n', TAG.utf8String), 'a\0\r\n', 'control characters are for the writer to mind');
  t.equal(text('\ufeffa', TAG.utf8String), '\ufeffa', 'a byte order mark is a character');
  t.equal(text(Uint8Array.of(1), TAG.integer), undefined, 'no text in a number');
});

t.test('broken text is malformed', async (t) => {
  const table: [number, string | Uint8Array, string | Uint8Array][] = [
    [TAG.utf8String, 'a', Uint8Array.of(0xc0, 0x80)],
    [TAG.utf8String, 'a', Uint8Array.of(0xed, 0xa0, 0x80)],
    [TAG.printableString, 'a', Uint8Array.of(0xfc)],
    [TAG.ia5String, 'a', Uint8Array.of(0x80)],
    [TAG.bmpString, utf16('a'), Uint8Array.of(0x00)],
    [TAG.bmpString, utf16('a'), Uint8Array.of(0xd8, 0x00)],
    [TAG.universalString, Uint8Array.of(0, 0, 0, 0x61), Uint8Array.of(0, 0, 0x61)],
    [TAG.universalString, Uint8Array.of(0, 0, 0, 0x61), Uint8Array.of(0, 0x11, 0, 0)],
    [TAG.universalString, Uint8Array.of(0, 0, 0, 0x61), Uint8Array.of(0, 0, 0xd8, 0)],
  ];
  for (const [tag, sound, broken] of table) {
    t.doesNotThrow(() => read(cn(sound, tag)));
    t.throws(() => read(cn(broken, tag)), { name: 'Malformed' }, `tag ${tag}`);
  }
});

t.test('names that match', async (t) => {
  const table: [string, TestName, TestName][] = [
    ['case', cn('Corporate CA'), cn('corporate ca')],
    ['white space', cn(' Corporate \t\n CA '), cn('Corporate CA')],
    ['string types', cn('Corporate CA'), cn('Corporate CA', TAG.printableString)],
    ['wide string types', cn('Müller'), cn(utf16('MÜLLER'), TAG.bmpString)],
    ['composed and decomposed', cn('M\u00fcller'), cn('Mu\u0308ller')],
    ['compatibility forms', cn('\uff21lice'), cn('alice')],
    ['invisible characters', cn('al\u00adi\u200bce'), cn('alice')],
    [
      'order inside a relative name',
      [
        [
          { type: 'CN', value: 'a' },
          { type: 'OU', value: 'b' },
        ],
      ],
      [
        [
          { type: 'OU', value: 'B' },
          { type: 'CN', value: 'A' },
        ],
      ],
    ],
    ['nothing', [], []],
  ];
  for (const [why, one, other] of table) t.equal(key(one), key(other), why);
});

t.test('names that do not match', async (t) => {
  const table: [string, TestName, TestName][] = [
    ['text', cn('a'), cn('b')],
    ['type', cn('a'), [{ type: 'OU', value: 'a' }]],
    ['a space more', cn('ab'), cn('a b')],
    [
      'order of relative names',
      [
        { type: 'O', value: 'a' },
        { type: 'CN', value: 'b' },
      ],
      [
        { type: 'CN', value: 'b' },
        { type: 'O', value: 'a' },
      ],
    ],
    [
      'one relative name or two',
      [
        [
          { type: 'CN', value: 'a' },
          { type: 'OU', value: 'b' },
        ],
      ],
      [
        { type: 'CN', value: 'a' },
        { type: 'OU', value: 'b' },
      ],
    ],
    [
      'a prefix',
      [{ type: 'O', value: 'a' }],
      [
        { type: 'O', value: 'a' },
        { type: 'CN', value: 'b' },
      ],
    ],
    [
      'separators inside a value',
      cn('a"],["2.5.4.11=b'),
      [
        { type: 'CN', value: 'a' },
        { type: 'OU', value: 'b' },
      ],
    ],
    ['a number and its text', cn(Uint8Array.of(1), TAG.integer), cn('020101')],
    ['numbers', cn(Uint8Array.of(1), TAG.integer), cn(Uint8Array.of(2), TAG.integer)],
  ];
  for (const [why, one, other] of table) t.not(key(one), key(other), why);
});

t.test('broken structure is malformed', async (t) => {
  const attribute = sequence(oid('2.5.4.3'), integer(1));
  const readBytes = (der: Uint8Array) => readName(readWhole(der, 'name'));
  t.doesNotThrow(() => readBytes(sequence(encode(TAG.set, attribute))));
  t.throws(() => readBytes(encode(TAG.set, attribute)), { message: 'name: tag 0x31 instead of 0x30' });
  t.throws(() => readBytes(sequence(sequence(attribute))), { message: 'name[0]: tag 0x30 instead of 0x31' });
  t.throws(() => readBytes(sequence(encode(TAG.set))), { message: 'name[0]: empty relative name' });
  t.throws(() => readBytes(sequence(encode(TAG.set, sequence(oid('2.5.4.3'))))), {
    message: 'name[0][0].value: missing',
  });
  t.throws(() => readBytes(sequence(encode(TAG.set, sequence(oid('2.5.4.3'), integer(1), integer(1))))), {
    message: 'name[0][0]: 3 octets too many',
  });
});
