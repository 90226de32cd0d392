// What does a complete list say together with its delta lists? (RFC 5280 5.2.4)

import type { CertificateFacts, CrlFacts, RevokedEntry } from '../model/certificate.ts';
import type { RevocationAnswer } from '../model/verdict.ts';
import { endOf, supersedes } from './crl-order.ts';

export interface CrlQuestion {
  readonly certificate: CertificateFacts;
  readonly issuer: CertificateFacts;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** How long past its nextUpdate a list still counts, ms. */
  readonly maxStale: number;
}

/** `deltas`: of the same issuer, key and scope; none from the future. One that does not fit changes nothing that is good. */
export function answerOf(base: CrlFacts, deltas: readonly CrlFacts[], question: CrlQuestion): RevocationAnswer {
  const { certificate, at, maxStale } = question;
  const listed = base.entries.get(certificate.serial);
  if (listed?.reason === 'removeFromCRL') return unknown('the CRL lists it as removeFromCRL, which only a delta may');
  // A later delta says all that an earlier one did only where it builds on nothing later than this base.
  const isObsolete = (delta: CrlFacts) => deltas.some((other) => fits(other, base) && supersedes(other, delta));
  const newer = deltas.filter((delta) => isNewer(delta, base) && !isObsolete(delta));
  const isLatest = (delta: CrlFacts) => !newer.some((other) => supersedes(other, delta));
  const fitting = newer.filter((delta) => fits(delta, base) && at <= endOf(delta) && isLatest(delta));
  // A list that has run out cannot clear anybody, but whom it names stays revoked; nor need a delta fit for that.
  const named = findNamed(newer, certificate);
  if (named !== undefined) return named;
  const isRemoved = fitting.some((delta) => delta.entries.get(certificate.serial)?.reason === 'removeFromCRL');
  // RFC 5280 5.3.1: only a hold is ever lifted (or the certificate has expired, and is refused for that).
  if (listed !== undefined && !(isRemoved && listed.reason === 'certificateHold')) return revoked(base, listed);

  const end = endOf(base);
  const overdue = at > end ? `the CRL is past its nextUpdate ${new Date(end).toISOString()}` : undefined;
  if (at > end + maxStale) return unknown(overdue);
  const unfit = fitting.length < newer.length ? 'a delta CRL does not fit its base, or has run out' : undefined;
  return {
    status: 'good',
    source: 'crl',
    producedAt: Math.max(base.thisUpdate, ...fitting.map(({ thisUpdate }) => thisUpdate)),
    nextUpdate: Math.min(end, ...fitting.map(endOf)),
    revokedAt: undefined,
    note: overdue ?? unfit,
  };
}

/** Delta lists alone clear nobody, but whom they name is revoked. */
export function answerWithoutBase(deltas: readonly CrlFacts[], { certificate }: CrlQuestion): RevocationAnswer {
  return findNamed(deltas, certificate) ?? unknown('a delta CRL has no base');
}

function findNamed(deltas: readonly CrlFacts[], { serial }: CertificateFacts): RevocationAnswer | undefined {
  for (const delta of deltas) {
    const entry = delta.entries.get(serial);
    if (entry !== undefined && entry.reason !== 'removeFromCRL') return revoked(delta, entry);
  }
  return undefined;
}

/**
 * RFC 5280 5.2.4 (c): by number, or by date where the base has none. What a newer base has taken up, or taken back, an
 * older delta cannot say better.
 */
function isNewer({ crlNumber, thisUpdate }: CrlFacts, base: CrlFacts): boolean {
  if (base.crlNumber === undefined) return thisUpdate >= base.thisUpdate;
  return crlNumber !== undefined && crlNumber > base.crlNumber;
}

/** RFC 5280 5.2.4 (b). */
function fits({ deltaCrlIndicator }: CrlFacts, base: CrlFacts): boolean {
  return deltaCrlIndicator !== undefined && base.crlNumber !== undefined && base.crlNumber >= deltaCrlIndicator;
}

function revoked(crl: CrlFacts, { revokedAt, reason = 'unspecified' }: RevokedEntry): RevocationAnswer {
  const dates = { producedAt: crl.thisUpdate, nextUpdate: endOf(crl), revokedAt };
  return { status: 'revoked', source: 'crl', ...dates, note: reason };
}

export function unknown(note: string | undefined): RevocationAnswer {
  const nothing = { source: undefined, producedAt: undefined, nextUpdate: undefined, revokedAt: undefined };
  return { status: 'unknown', ...nothing, note };
}
