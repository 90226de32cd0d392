import fc from 'fast-check';
import t from 'tap';
import { createPackedMap } from '../../../src/directory/packed-map.ts';

/** Few of them, so that they meet again. */
const key = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map((number) => `key-${number}`),
  fc.constantFrom('', '\0', '__proto__', 'röle', '\u{1f600}', '\ufeff', '\ufffd'),
);
const step = fc.record({ key, value: fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }) });

t.test('whatever is set and deleted', async (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const packed = createPackedMap();
      const map = new Map<string, string>();
      for (const { key, value } of steps) {
        if (value === undefined) {
          packed.delete(key);
          map.delete(key);
        } else {
          packed.set(key, value);
          map.set(key, value);
        }
      }
      t.equal(packed.size, map.size);
      for (const { key } of steps) t.equal(packed.get(key), map.get(key));
    }),
  );
});

t.test('as many as fill several pages', async (t) => {
  const packed = createPackedMap();
  const names = Array.from({ length: 20_000 }, (_, index) => `issuer-serial:${'ab'.repeat(32)}:${index.toString(16)}`);
  for (const name of names) packed.set(name, `value of ${name}`);
  t.equal(packed.size, names.length);
  t.ok(names.every((name) => packed.get(name) === `value of ${name}`));
  t.equal(packed.get('another'), undefined);
  for (const name of names.slice(0, 10_000)) packed.delete(name);
  t.equal(packed.size, 10_000);
  t.ok(names.every((name, index) => (packed.get(name) === undefined) === index < 10_000));
});

t.test('half a surrogate pair is no other text', async (t) => {
  const packed = createPackedMap();
  packed.set('\ufffd', 'a');
  t.equal(packed.get('\ufffd'), 'a');
  t.equal(packed.get('\ud800'), undefined);
});

t.test('it has a largest entry, and keeps what it has', async (t) => {
  const packed = createPackedMap();
  const most = 2 ** 20 - 16 - 'key'.length;
  packed.set('key', 'a'.repeat(most));
  t.throws(() => packed.set('other', 'a'.repeat(most)), RangeError);
  t.throws(() => packed.set('key', 'a'.repeat(most + 1)), RangeError);
  t.equal(packed.get('key')?.length, most);
  packed.set('other', 'b');
  t.equal(packed.get('other'), 'b');
});

t.test('it is worn when more is gone than there', async (t) => {
  const packed = createPackedMap();
  const value = 'a'.repeat(300_000);
  for (const key of ['1', '2', '3', '4', '5', '6', '7']) packed.set(key, value);
  for (const key of ['1', '2', '3']) packed.delete(key);
  t.equal(packed.isWorn, false, 'for less than a page it is not worth the trouble');
  packed.set('4', value);
  t.equal(packed.isWorn, false, 'four places of eight');
  packed.set('5', value);
  packed.set('6', value);
  t.equal(packed.isWorn, true, 'six of ten');
});
