// Memory that was read into for the receiver, and what of it is still needed.

/** What was read at once. Its parts are written in their order, so that all are out once the last one is. */
export class Lent {
  readonly #memory: ArrayBufferLike;
  readonly #giveBack: (memory: ArrayBufferLike) => void;
  #last: Buffer | undefined;
  #isRead = false;

  constructor(memory: ArrayBufferLike, giveBack: (memory: ArrayBufferLike) => void) {
    this.#memory = memory;
    this.#giveBack = giveBack;
  }

  /** Somebody gets this part of it. */
  part(part: Buffer): void {
    this.#last = part;
  }

  /** There are no further parts. */
  end(): void {
    this.#isRead = true;
    if (this.#last === undefined) this.#giveBack(this.#memory);
  }

  /** Nobody needs this part any more; to be told once. Where nobody does, the collector finds all of it. */
  taken(part: Buffer): void {
    if (this.#isRead && part === this.#last) this.#giveBack(this.#memory);
  }
}
