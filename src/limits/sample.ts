// Which lines of a flood are written? The log must tell of it, and not be filled by it.

/** Enough to see who it is. */
const LINES_PER_SECOND = 10;

export class Sample {
  #since = Number.NEGATIVE_INFINITY;
  #taken = 0;
  #leftOut = 0;

  /** How many lines were left out since the last one; undefined: this one is, too. `now`: ms, monotonic. */
  take(now: number): number | undefined {
    if (now - this.#since >= 1000) {
      this.#since = now;
      this.#taken = 0;
    }
    if (this.#taken >= LINES_PER_SECOND) {
      this.#leftOut++;
      return undefined;
    }
    this.#taken++;
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }
}
