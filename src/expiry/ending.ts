// What ends, and is it time to say so? Whatever it is: certificates, revocation lists, permissions.

import { DAY_MS } from '../model/clock.ts';

export const ENDING_KINDS = [
  'server-certificate',
  'upstream-certificate',
  'anchor',
  'intermediate',
  'crl',
  'ocsp-signer',
  'permission',
  'client-certificate',
] as const;
export type EndingKind = (typeof ENDING_KINDS)[number];

/** Times in milliseconds since the epoch. */
export interface Ending {
  readonly kind: EndingKind;
  /** Tells it from all others of its kind, on every replica. */
  readonly id: string;
  /** For people: hosts, a name by RFC 4514, an account. */
  readonly name: string;
  /** The trust store that it belongs to. */
  readonly trust?: string | undefined;
  readonly beginsAt: number;
  readonly endsAt: number;
  /** For people: what else tells which one it is. */
  readonly details?: Readonly<Record<string, string | undefined>>;
}

/** Days before the end at which it is said. */
export const THRESHOLDS = [1, 7, 14, 30] as const;
export type Threshold = (typeof THRESHOLDS)[number];

/** Of a whole life: what lives for a week is always about to end, and a warning a month before would be one without end. */
const LARGEST_PART = 1 / 3;

/** The smallest threshold that has been reached; undefined: none, or it is over. */
export function findThreshold({ beginsAt, endsAt }: Ending, now: number): Threshold | undefined {
  if (now > endsAt) return undefined;
  const reached = THRESHOLDS.find((days) => endsAt - now <= days * DAY_MS);
  return reached !== undefined && reached * DAY_MS <= (endsAt - beginsAt) * LARGEST_PART ? reached : undefined;
}
