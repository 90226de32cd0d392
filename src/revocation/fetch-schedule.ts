// When is a list fetched from its address again?

/** A server is not asked more often than this, however soon a list ends. */
const SHORTEST_REFRESH_MS = 60_000;
/** The pause behind the first failure, which may be a restart, and the longest one behind many. */
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 300_000;
/** Replicas that started together shall not ask together: every pause is up to this part shorter or longer. */
const JITTER = 0.1;

export interface Pause {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The longest pause that the configuration wants, ms. */
  readonly refreshMs: number;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/**
 * Half of what is left until `freshUntil`, when the first of the lists ends: authorities publish the next one before
 * that, and a second try has time left. HTTP says nothing here: how long a list counts is what its authority has signed.
 */
export function nextRefreshAt(freshUntil: number, { now, refreshMs, random }: Pause): number {
  const halfLife = (freshUntil - now) / 2;
  const shortest = Math.min(SHORTEST_REFRESH_MS, refreshMs);
  return now + withJitter(Math.max(shortest, Math.min(halfLife, refreshMs)), random);
}

/** `failures`: how many in a row, from 1. */
export function nextRetryAt(failures: number, { now, refreshMs, random }: Pause): number {
  const pause = Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 30), LONGEST_RETRY_MS, refreshMs);
  return now + withJitter(pause, random);
}

function withJitter(ms: number, random: () => number): number {
  return Math.round(ms * (1 - JITTER + 2 * JITTER * random()));
}
