// Which of two lists is in force, and until when does one count?

import type { CrlFacts } from '../model/certificate.ts';

/**
 * How long a list counts that does not say when the next one comes, as it must (RFC 5280 5.1.2.5): at least so often the
 * CA/Browser Forum's Baseline Requirements (4.9.7) ask for a new one.
 */
const LIFE_WITHOUT_END_MS = 7 * 86_400_000;

/** Milliseconds since the epoch, inclusive. */
export function endOf({ thisUpdate, nextUpdate }: CrlFacts): number {
  return nextUpdate ?? thisUpdate + LIFE_WITHOUT_END_MS;
}

/**
 * Whether `other` makes `crl` obsolete: newer in one of number (RFC 5280 5.2.3) and thisUpdate, and older in neither.
 * Where the two contradict each other, neither list is passed over. An old list brought in again changes nothing, not
 * even when the newer one has run out.
 */
export function supersedes(other: CrlFacts, crl: CrlFacts): boolean {
  const byNumber =
    other.crlNumber === undefined || crl.crlNumber === undefined ? 0 : compare(other.crlNumber, crl.crlNumber);
  const byTime = compare(other.thisUpdate, crl.thisUpdate);
  return byNumber >= 0 && byTime >= 0 && byNumber + byTime > 0;
}

/**
 * Whether nothing is lost when `other` takes the place of `crl`. A delta list leaves out what the base that it builds on
 * has taken up (RFC 5280 5.2.4): one for a later base says less, until that base is there.
 */
export function replaces(other: CrlFacts, crl: CrlFacts): boolean {
  return supersedes(other, crl) && buildsNoLater(other, crl);
}

/** Complete lists build on nothing. */
export function buildsNoLater(other: CrlFacts, crl: CrlFacts): boolean {
  return (other.deltaCrlIndicator ?? 0n) <= (crl.deltaCrlIndicator ?? 0n);
}

function compare<T extends number | bigint>(a: T, b: T): number {
  return a > b ? 1 : a < b ? -1 : 0;
}
