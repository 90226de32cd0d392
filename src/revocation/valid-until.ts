// Until when do revocation answers hold?

import type { RevocationAnswer } from '../model/verdict.ts';

/**
 * The first moment (ms since the epoch, exclusive) at which a good answer is too old: its nextUpdate plus `maxStale` is
 * past. A revoked certificate stays revoked until new lists come, and an unknown state has no end of its own: Infinity.
 */
export function validUntilOf(answers: readonly RevocationAnswer[], maxStale: number): number {
  const ends = answers.map(({ status, nextUpdate }) =>
    status === 'good' && nextUpdate !== undefined ? nextUpdate + maxStale + 1 : Infinity,
  );
  return Math.min(...ends);
}
