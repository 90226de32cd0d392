// What does a check see? One certificate at its place in a path, and nothing else.

import type { CertificateFacts } from '../model/certificate.ts';
import type { ReasonCode } from '../model/reasons.ts';
import type { ValidationOptions } from './options.ts';

export interface Place {
  readonly certificate: CertificateFacts;
  readonly role: 'leaf' | 'intermediate' | 'anchor';
  /** Certificates below this one that count against its path length (RFC 5280 6.1.4 (l)). 0 for a leaf. */
  readonly countedBelow: number;
  /** Entries of `options.eku` that every certificate below this one allows. */
  readonly purposes: readonly string[];
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly options: ValidationOptions;
}

/** A certificate as if nothing were below it, as the leaf is and as one is that is looked at alone. */
export function placeAlone(
  certificate: CertificateFacts,
  role: Place['role'],
  at: number,
  options: ValidationOptions,
): Place {
  return { certificate, role, countedBelow: 0, purposes: options.eku, at, options };
}

/** What a check found wrong. Its name is added by the table that runs it. */
export interface Finding {
  readonly code: ReasonCode;
  readonly note: string;
}

/** undefined: nothing wrong. */
export type Check = (place: Place) => Finding | undefined;

/** A constraint is broken, whatever the date and the purpose. */
export function invalid(note: string): Finding {
  return { code: 'certificate-invalid', note };
}

/** A note has room for so many; a certificate may have thousands. */
const SHOWN_OIDS = 10;

/** For notes. */
export function listOids(oids: readonly string[]): string {
  const more = oids.length > SHOWN_OIDS ? ', ...' : '';
  return oids.slice(0, SHOWN_OIDS).join(', ') + more;
}
