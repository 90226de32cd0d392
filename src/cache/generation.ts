// Which generation of shared state is the newest that this process has ever heard of?

export interface Generation {
  /** The highest ever seen: a Redis that falls back behind it is not believed. */
  readonly highest: number;
  /** Takes note of one that was seen; `onMove` is called when it is a new highest. */
  learn(seen: number): void;
}

export function createGeneration(onMove: () => void): Generation {
  let highest = 0;
  return {
    get highest() {
      return highest;
    },
    learn(seen) {
      if (seen <= highest) return;
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
