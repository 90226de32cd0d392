import t from 'tap';
import { readWhole, TAG } from '../../../src/x509/der.ts';
import { encode, time } from '../../../src/x509/der-writer.ts';
import { readTime } from '../../../src/x509/time.ts';

const read = (tag: number, text: string) => readTime(readWhole(encode(tag, Buffer.from(text)), 'date'));
const utc = (text: string) => read(TAG.utcTime, text);
const generalized = (text: string) => read(TAG.generalizedTime, text);

t.test('both forms', async (t) => {
  t.equal(utc('491231235959Z'), Date.UTC(2049, 11, 31, 23, 59, 59));
  t.equal(utc('500101000000Z'), Date.UTC(1950, 0, 1), 'from 50 on it is the last century');
  t.equal(utc('000229120000Z'), Date.UTC(2000, 1, 29, 12));
  t.equal(generalized('20500101000000Z'), Date.UTC(2050, 0, 1));
  t.equal(generalized('99991231235959Z'), Date.UTC(9999, 11, 31, 23, 59, 59), 'no well-defined end');
  t.equal(generalized('20200101000000Z'), Date.UTC(2020, 0, 1), 'before 2050, as RFC 5280 4.1.2.5 wants it read');
  t.equal(generalized('00500101000000Z'), Date.parse('0050-01-01T00:00:00Z'), 'no century is added');
});

t.test('no other form', async (t) => {
  t.doesNotThrow(() => utc('260101000000Z'));
  for (const text of [
    '2601010000Z',
    '260101000000',
    '260101000000+0000',
    '260101000000z',
    '26010100000 Z',
    '2601010000-1Z',
    '261301000000Z',
    '260001000000Z',
    '260100000000Z',
    '260431000000Z',
    '260229000000Z',
    '260101240000Z',
    '260101006000Z',
    '260101000060Z',
    '',
  ]) {
    t.throws(() => utc(text), { name: 'Malformed' }, `UTCTime ${text}`);
  }
  t.doesNotThrow(() => generalized('20600101000000Z'));
  for (const text of [
    '20600101000000.5Z',
    '206001010000Z',
    '21000229000000Z',
    '20600101000000',
    '20600101000000+0100',
  ]) {
    t.throws(() => generalized(text), { name: 'Malformed' }, `GeneralizedTime ${text}`);
  }
  t.throws(() => read(TAG.utf8String, '260101000000Z'), { message: 'date: not a time' });
});

t.test('what is written is read', async (t) => {
  for (const at of ['1950-01-01T00:00:00Z', '2049-12-31T23:59:59Z', '2050-01-01T00:00:00Z', '1949-12-31T23:59:59Z']) {
    t.equal(readTime(readWhole(time(Date.parse(at)), 'date')), Date.parse(at));
  }
  t.equal(readTime(readWhole(time(Date.UTC(2026) + 999), 'date')), Date.UTC(2026), 'cut to the second');
});
