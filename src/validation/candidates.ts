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
 * Those whose name is the issuer of `certificate`: anchors first, since the shortest path is wanted, and among equals
 * the one whose key identifier is named (RFC 4158 3.5.12). An identifier is a hint and excludes nobody.
 */
export function candidatesFor(certificate: CertificateFacts, pool: Pool): readonly Candidate[] {
  const wanted = certificate.known.authorityKeyId;
  const orderOf = (candidate: Candidate) =>
    (candidate.role === 'anchor' ? 0 : 3) + orderByKeyId(wanted, candidate.certificate.known.subjectKeyId);
  return (pool.get(certificate.issuer.matchKey) ?? []).toSorted((a, b) => orderOf(a) - orderOf(b));
}

function orderByKeyId(wanted: string | undefined, found: string | undefined): number {
  if (wanted === undefined || found === undefined) return 1;
  return wanted === found ? 0 : 2;
}
