// Target: revocation answers and what is demanded of them.

import type { RevocationAnswer } from '../../../src/model/verdict.ts';
import { judgeRevocation } from '../../../src/validation/judge-revocation.ts';
import { mustBe, type Target } from '../target.ts';

const STATUSES = ['good', 'revoked', 'unknown', 'not-asked'] as const;
const MODES = ['off', 'soft', 'hard'] as const;
const NOW = 1000;

/** Each octet is a choice: mode, depth, age allowed, and for each answer its status and nextUpdate. */
export function revocationTarget(): Target {
  return {
    name: 'revocation',
    shape: 'bytes',
    maxBytes: 64,
    seeds: [Uint8Array.of(2, 1, 0, 0, 0, 0, 0), Uint8Array.of(1, 0, 9, 1, 1), Uint8Array.of(2, 1, 0, 0, 3, 0, 1)],
    run: ([modeChoice = 0, depthChoice = 0, maxStale = 0, ...rest]) => {
      const mode = MODES[modeChoice % 3] ?? 'hard';
      const depth = depthChoice % 2 === 0 ? 'leaf' : 'chain';
      const answers = Array.from({ length: rest.length >> 1 }, (_, index) =>
        answerOf(rest[2 * index] ?? 0, rest[2 * index + 1] ?? 0),
      );
      const refusal = judgeRevocation(answers, { mode, depth, maxStale }, NOW);
      const needed = depth === 'leaf' ? answers.slice(0, 1) : answers;
      const isRevoked = needed.some(({ status }) => status === 'revoked');
      const isGood = needed.every((answer) => answer.status === 'good' && NOW <= (answer.nextUpdate ?? NOW) + maxStale);
      const expected =
        mode === 'off'
          ? undefined
          : isRevoked
            ? 'certificate-revoked'
            : mode === 'hard' && !isGood
              ? 'revocation-unknown'
              : undefined;
      mustBe(
        refusal?.code === expected,
        'a path is refused when an answer that counts is not good',
        () => `${refusal?.code}`,
      );
      return `${mode} ${depth} ${refusal?.code}`;
    },
  };
}

function answerOf(status: number, nextUpdate: number): RevocationAnswer {
  return {
    status: STATUSES[status % 4] ?? 'unknown',
    source: 'crl',
    producedAt: 0,
    nextUpdate: nextUpdate === 0 ? undefined : NOW - 128 + nextUpdate,
    revokedAt: undefined,
    note: undefined,
  };
}
