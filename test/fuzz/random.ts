// Chance that can be repeated: the same seed gives the same numbers, on every machine.

export interface Random {
  /** A whole number from 0 up to and without `bound`. */
  below(bound: number): number;
  /** True once in `of` times on average. */
  chance(of: number): boolean;
  pick<T>(list: readonly [T, ...T[]]): T;
  /** The same for a list that may be empty. */
  maybe<T>(list: readonly T[]): T | undefined;
  bytes(length: number): Uint8Array;
}

/** Mulberry32: 2^32 states are enough to mutate with, and nothing here is secret. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (bound: number): number => next() % bound;
  return {
    below,
    chance: (of) => below(of) === 0,
    pick: (list) => list[below(list.length)] ?? list[0],
    maybe: (list) => (list.length === 0 ? undefined : list[below(list.length)]),
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
  };
}
