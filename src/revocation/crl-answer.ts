// What does the newest of an issuer's lists say about one certificate?

import type { CertificateFacts, CrlFacts, RevokedEntry } from '../model/certificate.ts';
import type { RevocationAnswer } from '../model/verdict.ts';
import { formatRfc4514 } from '../x509/name-text.ts';

/** A list of the issuer's name, and why it does not count; undefined when it does. */
export interface JudgedCrl {
  readonly crl: CrlFacts;
  readonly problem: string | undefined;
}

export interface CrlQuestion {
  readonly certificate: CertificateFacts;
  readonly issuer: CertificateFacts;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** How long past its nextUpdate a list still counts, ms. */
  readonly maxStale: number;
}

/** RFC 5280 6.3.3 for complete lists, issued by the issuer of the certificate itself. */
export function answerFrom(lists: readonly JudgedCrl[], question: CrlQuestion): RevocationAnswer {
  const { certificate, issuer, at } = question;
  const judged = lists.map(({ crl, problem }) => ({ crl, problem: problem ?? findFutureDefect(crl, at) }));
  const counting = judged.filter(({ problem }) => problem === undefined).map(({ crl }) => crl);
  const newest = counting.filter((crl) => !counting.some((other) => supersedes(other, crl)));
  if (newest.length === 0) {
    const problem = judged.find((list) => list.problem !== undefined)?.problem;
    const name = formatRfc4514(issuer.subject);
    return unknown(problem === undefined ? `no CRL of ${name} is known` : `the CRL of ${name} ${problem}`);
  }
  // In doubt the stricter: a newest list that has the certificate decides, however many others have not.
  const answers = newest.map((crl) => answerOf(crl, crl.entries.get(certificate.serial), question));
  const byStatus = (status: RevocationAnswer['status']) => answers.find((answer) => answer.status === status);
  return byStatus('revoked') ?? byStatus('unknown') ?? (answers[0] as RevocationAnswer);
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

function compare<T extends number | bigint>(a: T, b: T): number {
  return a > b ? 1 : a < b ? -1 : 0;
}

function findFutureDefect({ thisUpdate }: CrlFacts, at: number): string | undefined {
  return thisUpdate > at ? `is from the future (thisUpdate ${new Date(thisUpdate).toISOString()})` : undefined;
}

function answerOf(crl: CrlFacts, entry: RevokedEntry | undefined, { at, maxStale }: CrlQuestion): RevocationAnswer {
  const nextUpdate = crl.nextUpdate ?? crl.thisUpdate;
  const dates = { source: 'crl', producedAt: crl.thisUpdate, nextUpdate } as const;
  if (entry?.reason === 'removeFromCRL') return unknown('the CRL lists it as removeFromCRL, which only a delta may');
  // A list that has run out cannot clear anybody, but whom it names stays revoked.
  if (entry !== undefined) {
    return { status: 'revoked', ...dates, revokedAt: entry.revokedAt, note: entry.reason ?? 'unspecified' };
  }
  const overdue = at > nextUpdate ? `the CRL is past its nextUpdate ${new Date(nextUpdate).toISOString()}` : undefined;
  if (at > nextUpdate + maxStale) return unknown(overdue);
  return { status: 'good', ...dates, revokedAt: undefined, note: overdue };
}

function unknown(note: string | undefined): RevocationAnswer {
  const nothing = { source: undefined, producedAt: undefined, nextUpdate: undefined, revokedAt: undefined };
  return { status: 'unknown', ...nothing, note };
}
