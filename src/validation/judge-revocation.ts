// Do the revocation answers of a valid path forbid it, under the mode that is in force?

import type { Refusal } from '../model/reasons.ts';
import type { RevocationAnswer } from '../model/verdict.ts';

export interface RevocationDemands {
  readonly mode: 'off' | 'soft' | 'hard';
  /** Which answers are needed: the leaf's only, or every one. */
  readonly depth: 'leaf' | 'chain';
  /** How long past its nextUpdate an answer still counts, ms. */
  readonly maxStale: number;
}

/**
 * Answers as in a verdict: one for each certificate of the path but the anchor, leaf first. `at` in ms since the epoch:
 * an answer that was fresh when the verdict was made may be too old now.
 */
export function judgeRevocation(
  answers: readonly RevocationAnswer[],
  { mode, depth, maxStale }: RevocationDemands,
  at: number,
): Refusal | undefined {
  if (mode === 'off') return undefined;
  const needed = depth === 'leaf' ? answers.slice(0, 1) : answers;
  const revoked = needed.find(({ status }) => status === 'revoked');
  if (revoked !== undefined) return refusalBy('certificate-revoked', revoked.note);
  if (mode === 'soft') return undefined;
  const unknown = needed.find((answer) => !isGood(answer, maxStale, at));
  if (unknown === undefined) return undefined;
  const outdated = unknown.status === 'good' ? 'the answer is past its nextUpdate' : 'nobody was asked';
  return refusalBy('revocation-unknown', unknown.note ?? outdated);
}

function isGood({ status, nextUpdate }: RevocationAnswer, maxStale: number, at: number): boolean {
  return status === 'good' && (nextUpdate === undefined || at <= nextUpdate + maxStale);
}

function refusalBy(code: 'certificate-revoked' | 'revocation-unknown', note: string | undefined): Refusal {
  return note === undefined ? { code, check: 'revocation' } : { code, check: 'revocation', note };
}
