// Which generation of shared state is the newest that this process has ever heard of?

export interface Generation {
  /** The highest ever seen: a Redis that falls back behind it is not believed. */
  readonly highest: number;
  /** Takes note of one that was seen; `onMove` is called when it is a new highest. One too far ahead is not believed. */
  learn(seen: number): void;
  /** The counter carries no seal: whoever may write to Redis must not be able to run it out of numbers. */
  believes(seen: number): boolean;
}

/** More announcements than a fleet makes in its life, and few enough that the counter never runs out. */
const FURTHEST_STEP = 2 ** 32;

export function createGeneration(onMove: () => void): Generation {
  let highest = 0;
  return {
    get highest() {
      return highest;
    },
    believes: (seen) => seen <= highest + FURTHEST_STEP,
    learn(seen) {
      if (seen <= highest || seen > highest + FURTHEST_STEP) return;
      highest = seen;
      onMove();
    },
  };
}

/** Digits of the largest number that is held exactly. */
const MAX_DIGITS = 16;
/** Enough to see that there are more. */
export const COUNTER_BYTES = MAX_DIGITS + 1;

/** The counter as Redis has it; 0 where there is none, undefined where something else stands in its place. */
export function parseCounter(bytes: Buffer | undefined): number | undefined {
  if (bytes === undefined) return undefined;
  if (bytes.length === 0) return 0;
  const text = bytes.toString('latin1');
  const counter = Number(text);
  return /^\d{1,16}$/.test(text) && Number.isSafeInteger(counter) ? counter : undefined;
}
