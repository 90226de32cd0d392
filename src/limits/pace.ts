// How often may somebody do something? A bucket that fills again evenly, kept as the one moment at which it will be full
// (the generic cell rate algorithm, ITU-T I.371): nothing has to be refilled, and nothing is allocated.

/** Far more than sums of intervals are off by, and far less than any of them. */
const ROUNDING_MS = 1e-4;
/** Whoever takes less than a tenth of its rate is told of when it has come together. */
const TELLING_MS = 100;

export class Pace {
  readonly #intervalMs: number;
  readonly #burstMs: number;
  #fullAt = 0;
  /** What was taken here since somebody last asked. */
  #taken = 0;

  /** `burstMs`: how much may come at once, as the time in which it would come evenly; at least one interval. */
  constructor(perSecond: number, burstMs: number) {
    this.#intervalMs = 1000 / perSecond;
    this.#burstMs = burstMs;
  }

  /** Whether one more may come. `now`: ms, monotonic, as in all that follows. */
  hasRoom(now: number): boolean {
    return Math.max(this.#fullAt, now) + this.#intervalMs - now <= this.#burstMs + ROUNDING_MS;
  }

  /** The same; counts it where it may. */
  take(now: number): boolean {
    if (!this.hasRoom(now)) return false;
    this.#fullAt = Math.max(this.#fullAt, now) + this.#intervalMs;
    this.#taken++;
    return true;
  }

  /** Counts what has come already. Nobody owes more than a bucket; gives how much was counted. */
  charge(count: number, now: number): number {
    const counted = this.owe(count, now);
    this.#taken += counted;
    return counted;
  }

  /** The same for what has come to another replica. */
  owe(count: number, now: number): number {
    const before = Math.max(this.#fullAt, now);
    this.#fullAt = Math.min(before + count * this.#intervalMs, now + 2 * this.#burstMs);
    return (this.#fullAt - before) / this.#intervalMs;
  }

  /** Takes back what was counted. */
  forgive(count: number): void {
    this.#fullAt -= count * this.#intervalMs;
    this.#taken = Math.max(0, this.#taken - count);
  }

  /** Whether it took so much of it that others should know: what it gets back in a tenth of a second. */
  get isTelling(): boolean {
    return this.#taken * this.#intervalMs >= TELLING_MS;
  }

  /** What was taken here since this was last asked, in whole ones. */
  tell(): number {
    const told = Math.floor(this.#taken);
    this.#taken -= told;
    return told;
  }

  /** Until one more may come. */
  waitMs(now: number): number {
    return Math.max(0, this.#fullAt + this.#intervalMs - now - this.#burstMs);
  }

  isFull(now: number): boolean {
    return this.#fullAt <= now;
  }
}
