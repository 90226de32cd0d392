// Time as an argument. Pure rooms take `now`; rooms with state take a Clock.

/** Milliseconds since the epoch. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
