// Which certificates may have issued another one, judged by names, and in which order are they tried?

import type { CertificateFacts } from '../model/certificate.ts';

export interface Candidate {
  readonly certificate: CertificateFacts;
  readonly role: 'intermediate' | 'anchor';
}

/** Certificates by the match key of their subject (RFC 5280 6.1.3 (a)(4), 7.1). */
export type Pool = ReadonlyMap<string, readonly Candidate[]>;

/** Joins anchors and others; a certificate given twice counts once, and as an anchor if it is one. */
export function poolOf(anchors: readonly CertificateFacts[], others: readonly CertificateFacts[]): Pool {
  const byFingerprint = new Map<string, Candidate>();
  for (const certificate of others) byFingerprint.set(certificate.fingerprint, { certificate, role: 'intermediate' });
  for (const certificate of anchors) byFingerprint.set(certificate.fingerprint, { certificate, role: 'anchor' });
  return Map.groupBy(byFingerprint.values(), ({ certificate }) => certificate.subject.matchKey);
}

/**
 * Those whose name is the issuer of `certificate`, in the order of RFC 4158 3.5: anchors first, since the shortest path
 * is wanted; then those whose key identifier is named; of these those that are within their dates (`at` in ms since the
 * epoch); of these those whose own issuer has the name of an anchor. All these are hints and exclude nobody.
 */
export function candidatesFor(certificate: CertificateFacts, pool: Pool, at: number): readonly Candidate[] {
  const candidates = pool.get(certificate.issuer.matchKey) ?? [];
  if (candidates.length < 2) return candidates;
  const wanted = certificate.known.authorityKeyId;
  return candidates
    .map((candidate) => ({ candidate, order: orderOf(candidate, wanted, pool, at) }))
    .sort((a, b) => a.order - b.order)
    .map(({ candidate }) => candidate);
}

function orderOf({ role, certificate }: Candidate, wanted: string | undefined, pool: Pool, at: number): number {
  const { known, notBefore, notAfter, issuer } = certificate;
  const isInTime = notBefore <= at && at <= notAfter;
  const isNearAnchor = pool.get(issuer.matchKey)?.some((above) => above.role === 'anchor') === true;
  return (
    (role === 'anchor' ? 0 : 12) +
    4 * orderByKeyId(wanted, known.subjectKeyId) +
    (isInTime ? 0 : 2) +
    (isNearAnchor ? 0 : 1)
  );
}

function orderByKeyId(wanted: string | undefined, found: string | undefined): number {
  if (wanted === undefined || found === undefined) return 1;
  return wanted === found ? 0 : 2;
}
