// What have responders said about a certificate so far, and when is it time to ask again?

import { LRUCache } from 'lru-cache';
import type { RevocationAnswer } from '../../model/verdict.ts';
import { ageAnswer } from './judge-response.ts';

export interface KnownAnswer {
  /** The newest that a responder signed. */
  readonly signed: RevocationAnswer | undefined;
  /** What came of asking last; the same where that was signed and new. */
  readonly latest: RevocationAnswer;
  /** Nobody is asked before, ms since the epoch. */
  readonly askAgainAt: number;
  /** How often it had been said by then that replicas know something new. */
  readonly round: number;
}

/** Some 300 octets each; who comes back after being forgotten is asked for again. */
const MAX_ANSWERS = 20_000;

export function createKnownAnswers(): LRUCache<string, KnownAnswer> {
  return new LRUCache({ max: MAX_ANSWERS });
}

/** Whether a responder said so: what is only not known has no date. */
export function isSigned({ producedAt }: RevocationAnswer): boolean {
  return producedAt !== undefined;
}

/** It need not be waited for anything newer. */
export function isCurrent(signed: RevocationAnswer | undefined, at: number): boolean {
  if (signed === undefined) return false;
  return signed.status === 'revoked' || (signed.status === 'good' && at <= (signed.nextUpdate ?? at));
}

const SEVERITY = { good: 0, 'not-asked': 1, unknown: 1, revoked: 2 } as const;

/** No way back: an older answer is passed over (it may be replayed), and of two of one time the stricter counts. */
export function isNewer(next: RevocationAnswer, known: RevocationAnswer | undefined): boolean {
  if (known === undefined) return true;
  const [nextAt, knownAt] = [next.producedAt ?? 0, known.producedAt ?? 0];
  return nextAt > knownAt || (nextAt === knownAt && SEVERITY[next.status] >= SEVERITY[known.status]);
}

/** What it is worth now: what was signed, as long as that counts. */
export function answerAt(
  { signed, latest }: Pick<KnownAnswer, 'signed' | 'latest'>,
  at: number,
  maxStaleMs: number,
): RevocationAnswer {
  const answer = ageAnswer(signed ?? latest, at, maxStaleMs);
  return isSigned(answer) ? answer : ageAnswer(latest, at, maxStaleMs);
}
