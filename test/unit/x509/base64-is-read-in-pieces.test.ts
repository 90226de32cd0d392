import t from 'tap';
import { createBase64Reader } from '../../../src/x509/base64.ts';

/** Pieces of 65,536 characters stand for 49,152 octets. */
const PIECE = 65_536;

function read(text: string, step = text.length): Buffer | undefined {
  const bytes = Buffer.from(text);
  const reader = createBase64Reader(bytes.length);
  for (let at = 0; at < bytes.length; at += step) reader.add(bytes, at, Math.min(at + step, bytes.length));
  const found = reader.finish();
  return found && Buffer.from(found);
}

t.test('any length, in parts of any length', async (t) => {
  for (const length of [0, 1, 2, 3, 4, 49_151, 49_152, 49_153, 98_304, 150_000]) {
    const octets = Buffer.from(Array.from({ length }, (_, index) => (index * 31) & 0xff));
    const text = octets.toString('base64');
    for (const step of [64, 1000, text.length]) t.same(read(text, Math.max(step, 1)), octets, `${length} by ${step}`);
  }
});

t.test('what is not proper', async (t) => {
  t.same(read('AAEC'), Buffer.from([0, 1, 2]));
  for (const text of ['AAE', 'A', 'AA==AAEC', 'AAEC=', 'A!EC', 'AAEB====', 'AAF=', '-_EC', '====']) {
    t.equal(read(text), undefined, text);
  }
});

t.test('padding ends the text, also where a piece ends', async (t) => {
  const full = 'A'.repeat(PIECE);
  t.equal(read(full + full)?.length, 98_304);
  t.equal(read(`${full}${full.slice(0, -1)}=`)?.length, 98_303, 'at the end');
  t.equal(read(`${full.slice(0, -1)}=${full}`), undefined);
  t.equal(read(`${full.slice(0, -1)}=${full.slice(0, -2)}==${full}`), undefined, 'not even if the octets add up');
  t.equal(read(`${full.slice(0, -1)}=${full.slice(0, -2)}==`), undefined);
});
