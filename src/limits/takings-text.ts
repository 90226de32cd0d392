// How are takings written for other replicas, and read again?

import { z } from 'zod';
import { MOST_TOLD, type Takings } from './guests.ts';

/** An address, or a hash in base64. */
const key = z.string().min(1).max(64);
const count = z.int().min(0);
const taken = z.array(z.tuple([key, count, count])).max(MOST_TOLD);
const takings = z.strictObject({ addresses: taken, certificates: taken });

export function serializeTakings(told: Takings): string {
  return JSON.stringify(told);
}

/** undefined: nothing that another replica would write. */
export function parseTakings(text: string): Takings | undefined {
  try {
    return takings.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
