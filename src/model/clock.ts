// Time as an argument. Pure rooms take `now`; rooms with state take a Clock.

/** Milliseconds since the epoch. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

export const DAY_MS = 86_400_000;

/** Whole days from `now` to a moment; negative behind it. Both in milliseconds. */
export function daysUntil(moment: number, now: number): number {
  return Math.floor((moment - now) / DAY_MS);
}
