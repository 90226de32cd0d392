import t from 'tap';
import { parseVerdict, serializeVerdict } from '../../../src/cache/verdict-text.ts';
import type { Verdict } from '../../../src/model/verdict.ts';
import { comparable, makeInvalidVerdict, makeValidVerdict } from '../../contract/verdict-store.ts';

const UNTIL = Date.UTC(2026, 5, 1);
const valid = makeValidVerdict('alice', UNTIL);
const invalid = makeInvalidVerdict(UNTIL);

/** The text of the valid verdict with its object changed. */
function altered(change: (stored: Record<string, unknown>) => void): string {
  const stored = JSON.parse(serializeVerdict(valid)) as Record<string, unknown>;
  change(stored);
  return JSON.stringify(stored);
}

t.test('verdicts come back as they went', async (t) => {
  const bare: Verdict = { valid: false, refusal: { code: 'certificate-untrusted' }, validUntil: UNTIL };
  const anchor: Verdict = { ...valid, path: valid.path.slice(2), revocation: [] };
  for (const verdict of [valid, invalid, bare, anchor]) {
    t.strictSame(comparable(parseVerdict(serializeVerdict(verdict))), comparable(verdict));
  }
});

t.test('the text of the same object, changed by nothing, is read', async (t) => {
  t.ok(parseVerdict(altered(() => {})));
});

t.test('what was not written by this version is not read', async (t) => {
  const path = () => JSON.parse(serializeVerdict(valid)).path as string[];
  const cut = Buffer.from(valid.path[0]?.der ?? [])
    .subarray(0, -1)
    .toString('base64');
  const texts: Readonly<Record<string, string>> = {
    empty: '',
    'no JSON': serializeVerdict(valid).slice(0, -1),
    null: 'null',
    'a list': '[]',
    'another version': altered((stored) => Object.assign(stored, { version: 2 })),
    'no version': altered((stored) => delete stored.version),
    'a key too many': altered((stored) => Object.assign(stored, { extra: 1 })),
    'a prototype': serializeVerdict(valid).replace('{', '{"__proto__":{"valid":true},'),
    'validity as text': altered((stored) => Object.assign(stored, { valid: 'true' })),
    'an end as text': altered((stored) => Object.assign(stored, { validUntil: `${UNTIL}` })),
    'no end': altered((stored) => Object.assign(stored, { validUntil: null })),
    'no path': altered((stored) => Object.assign(stored, { path: [], revocation: [] })),
    'a certificate missing': altered((stored) => Object.assign(stored, { path: path().slice(1) })),
    'an answer missing': altered((stored) => Object.assign(stored, { revocation: [] })),
    'no base64': altered((stored) => Object.assign(stored, { path: ['%%%', ...path().slice(1)] })),
    'a certificate cut short': altered((stored) => Object.assign(stored, { path: [cut, ...path().slice(1)] })),
    'an unknown status': serializeVerdict(valid).replace('"good"', '"fine"'),
    'an unknown reason': serializeVerdict(invalid).replace('certificate-invalid', 'toString'),
    'over-long': serializeVerdict(valid) + ' '.repeat(1024 * 1024),
  };
  for (const [what, text] of Object.entries(texts)) t.equal(parseVerdict(text), undefined, what);
});
