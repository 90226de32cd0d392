// Does the event loop come late for what it has to do?

/** Between two looks. */
export const LOOK_MS = 50;

/** How much a look counts: above the limit for good, four or five of them in a row tell. */
const WEIGHT = 0.2;

/**
 * Told how late it was, it forgets evenly. One look alone is never enough, however late it was: a process that was stopped
 * for a minute is not overloaded.
 */
export class Load {
  readonly #limitMs: number;
  #lateMs = 0;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  note(lateMs: number): void {
    const counted = Math.min(Math.max(0, lateMs), 2 * this.#limitMs);
    this.#lateMs += WEIGHT * (counted - this.#lateMs);
  }

  get isOver(): boolean {
    return this.#lateMs > this.#limitMs;
  }
}
