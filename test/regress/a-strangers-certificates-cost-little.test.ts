// Messages were written at their full length for every dead end of a search, and names normalized in quadratic time: a
// stranger's 60 KB cost half a second of the one thread.

import t from 'tap';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { Malformed } from '../../src/x509/malformed.ts';
import { summarizeName } from '../../src/x509/name-text.ts';
import { makeRoot, PURPOSE, type TestExtension } from '../kit/pki.ts';
import { accepts, ask, refuses } from '../unit/validation/ask.ts';

/** Longest note of a refusal: two names of 200 characters and what is said of them. */
const LONGEST_NOTE = 600;

t.test('a note is short, however long the names are of which it speaks', (t) => {
  const root = makeRoot();
  const long = makeRoot({ subject: Array.from({ length: 300 }, () => ({ type: 'CN', value: 'é'.repeat(20) })) });
  const one = makeRoot({ subject: [{ type: 'CN', value: '\ufdfa'.repeat(4000) }] });
  for (const foreign of [long, one]) {
    const leaf = foreign.client();
    accepts(t, ask({ leaf, anchors: [foreign] }), [leaf, foreign], 'under its own root');
    const result = ask({ leaf, anchors: [root] });
    refuses(t, result, ['certificate-untrusted', 'issuer'], 'under another');
    t.ok(!result.ok && (result.refusal.note?.length ?? 0) < LONGEST_NOTE, 'the note is short');
  }
  t.equal(summarizeName(root.facts.subject), 'CN=Test Root', 'a short name is there as a whole');
  t.end();
});

t.test('so it is, however many usages and extensions there are', (t) => {
  const root = makeRoot();
  const purposes = Array.from({ length: 500 }, (_, index) => `1.2.3.${index}`);
  const sound = root.client({ eku: [...purposes, PURPOSE.clientAuth] });
  accepts(t, ask({ leaf: sound, anchors: [root] }), [sound, root], 'one of them is right');
  const extensions = purposes.map((oid): TestExtension => ({ oid, critical: true, value: Uint8Array.of(5, 0) }));
  const unfit = ask({ leaf: root.client({ eku: purposes }), anchors: [root] });
  const strange = ask({ leaf: root.client({ extensions }), anchors: [root] });
  refuses(t, unfit, ['certificate-usage', 'extended-key-usage'], 'none is right');
  refuses(t, strange, ['certificate-invalid', 'critical-extensions'], 'all are critical');
  for (const result of [unfit, strange]) t.ok(!result.ok && (result.refusal.note?.length ?? 0) < LONGEST_NOTE);
  t.end();
});

t.test('a text of combining marks without end is no name', (t) => {
  const parse = (value: string) => parseCertificate(makeRoot({ subject: [{ type: 'CN', value }] }).der);
  const marks = '\u0315\u0300';
  t.equal(parse(`a${marks.repeat(15)}`).subject.rdns.length, 1, '30 marks');
  for (const value of [`a${marks.repeat(16)}`, `a${`${marks}\u200b`.repeat(16)}`, `a${marks.repeat(3000)}`]) {
    t.throws(() => parse(value), Malformed, 'more');
  }
  t.end();
});
