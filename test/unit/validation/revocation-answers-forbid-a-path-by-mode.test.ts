import t from 'tap';
import type { RevocationAnswer } from '../../../src/model/verdict.ts';
import { judgeRevocation } from '../../../src/validation/judge-revocation.ts';
import { DAY_MS, NOW } from './ask.ts';

const good: RevocationAnswer = {
  status: 'good',
  source: 'crl',
  producedAt: NOW - DAY_MS,
  nextUpdate: NOW + DAY_MS,
  revokedAt: undefined,
  note: undefined,
};
const revoked: RevocationAnswer = { ...good, status: 'revoked', revokedAt: NOW, note: 'keyCompromise' };
const unknown: RevocationAnswer = { ...good, status: 'unknown', source: undefined, note: 'no CRL is known' };
const notAsked: RevocationAnswer = { ...unknown, status: 'not-asked', note: undefined };

type Row = readonly [
  name: string,
  leaf: RevocationAnswer,
  above: RevocationAnswer,
  codes: readonly (string | undefined)[],
];

/** Codes under: off, soft leaf, soft chain, hard leaf, hard chain. */
const TABLE: readonly Row[] = [
  ['all good', good, good, [undefined, undefined, undefined, undefined, undefined]],
  ['leaf revoked', revoked, good, [undefined, ...fill('certificate-revoked', 4)]],
  [
    'intermediate revoked',
    good,
    revoked,
    [undefined, undefined, 'certificate-revoked', undefined, 'certificate-revoked'],
  ],
  ['leaf unknown', unknown, good, [undefined, undefined, undefined, 'revocation-unknown', 'revocation-unknown']],
  ['leaf not asked', notAsked, good, [undefined, undefined, undefined, 'revocation-unknown', 'revocation-unknown']],
  ['intermediate unknown', good, unknown, [undefined, undefined, undefined, undefined, 'revocation-unknown']],
  [
    'unknown and revoked',
    unknown,
    revoked,
    [undefined, undefined, 'certificate-revoked', 'revocation-unknown', 'certificate-revoked'],
  ],
];

const DEMANDS = [
  { mode: 'off', depth: 'chain' },
  { mode: 'soft', depth: 'leaf' },
  { mode: 'soft', depth: 'chain' },
  { mode: 'hard', depth: 'leaf' },
  { mode: 'hard', depth: 'chain' },
] as const;

function fill(code: string, times: number): string[] {
  return Array.from({ length: times }, () => code);
}

for (const [name, leaf, above, codes] of TABLE) {
  t.test(name, async (t) => {
    for (const [index, demands] of DEMANDS.entries()) {
      const refusal = judgeRevocation([leaf, above], { ...demands, maxStale: 0 }, NOW);
      t.equal(refusal?.code, codes[index], `${demands.mode}, ${demands.depth}`);
      if (refusal !== undefined) t.equal(refusal.check, 'revocation', 'names the check');
    }
  });
}

t.test('an answer grows old while the verdict is kept', async (t) => {
  const demands = { mode: 'hard', depth: 'chain', maxStale: 1000 } as const;
  t.equal(judgeRevocation([good], demands, NOW + DAY_MS + 1000), undefined, 'still counts');
  const refusal = judgeRevocation([good], demands, NOW + DAY_MS + 1001);
  t.equal(refusal?.code, 'revocation-unknown', 'too old');
  t.match(refusal?.note, /nextUpdate/, 'and it is said why');
});

t.test('the note of the answer is handed on', async (t) => {
  const demands = { mode: 'hard', depth: 'chain', maxStale: 0 } as const;
  t.equal(judgeRevocation([revoked], demands, NOW)?.note, 'keyCompromise');
  t.equal(judgeRevocation([unknown], demands, NOW)?.note, 'no CRL is known');
  t.equal(judgeRevocation([notAsked], demands, NOW)?.note, 'nobody was asked');
});
