// How often may somebody do something? A bucket that fills again evenly, kept as the one moment at which it will be full
// (the generic cell rate algorithm, ITU-T I.371): nothing has to be refilled, and nothing is allocated.

/** Far more than sums of intervals are off by, and far less than any of them. */
const ROUNDING_MS = 1e-4;

export class Pace {
  readonly #intervalMs: number;
  readonly #burstMs: number;
  #fullAt = 0;

  /** `burstMs`: how much may come at once, as the time in which it would come evenly; at least one interval. */
  constructor(perSecond: number, burstMs: number) {
    this.#intervalMs = 1000 / perSecond;
    this.#burstMs = burstMs;
  }

  /** Whether one more may come; counts it where it may. `now`: ms, monotonic, as in all that follows. */
  take(now: number): boolean {
    const fullAt = (this.#fullAt > now ? this.#fullAt : now) + this.#intervalMs;
    if (fullAt - now > this.#burstMs + ROUNDING_MS) return false;
    this.#fullAt = fullAt;
    return true;
  }

  /** Counts what has come already. Nobody owes more than a bucket; gives how much was counted. */
  charge(count: number, now: number): number {
    const before = Math.max(this.#fullAt, now);
    this.#fullAt = Math.min(before + count * this.#intervalMs, now + 2 * this.#burstMs);
    return (this.#fullAt - before) / this.#intervalMs;
  }

  /** Takes back what was counted. */
  forgive(count: number): void {
    this.#fullAt -= count * this.#intervalMs;
  }

  /** Until one more may come. */
  waitMs(now: number): number {
    return Math.max(0, this.#fullAt + this.#intervalMs - now - this.#burstMs);
  }

  isFull(now: number): boolean {
    return this.#fullAt <= now;
  }
}
