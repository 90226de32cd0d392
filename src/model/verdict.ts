// What validation says about one certificate under one trust store. This is what is cached; it knows no path and no mode.

import type { CertificateFacts } from './certificate.ts';
import type { Refusal } from './reasons.ts';

export interface RevocationAnswer {
  readonly status: 'good' | 'revoked' | 'unknown' | 'not-asked';
  /** Where the answer comes from; undefined when nobody was asked or nobody could tell. */
  readonly source: 'crl' | 'ocsp' | undefined;
  /** When the source was made (thisUpdate) and until when it holds (nextUpdate), ms since the epoch. */
  readonly producedAt: number | undefined;
  readonly nextUpdate: number | undefined;
  readonly revokedAt: number | undefined;
  /** Why the status is what it is, for log and explain: the revocation reason, or why nothing is known. */
  readonly note: string | undefined;
}

export type Verdict = ValidVerdict | InvalidVerdict;

export interface ValidVerdict {
  readonly valid: true;
  /** Leaf first, anchor last: the verified path. At least two, or one where the leaf itself is the anchor. */
  readonly path: readonly CertificateFacts[];
  /** One answer for each certificate of the path but the anchor, leaf first. */
  readonly revocation: readonly RevocationAnswer[];
  /** The verdict holds until then (exclusive), ms since the epoch. */
  readonly validUntil: number;
}

export interface InvalidVerdict {
  readonly valid: false;
  readonly refusal: Refusal;
  /** Until then asking again gives the same answer. */
  readonly validUntil: number;
}
