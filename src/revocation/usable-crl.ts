// Does this list speak for this issuer?

import type { CertificateFacts, CrlFacts } from '../model/certificate.ts';
import { checkSignature } from '../x509/signature.ts';

/** Critical extensions of a list that are understood (RFC 5280 5.2.1, 5.2.3). */
const UNDERSTOOD: ReadonlySet<string> = new Set(['2.5.29.20', '2.5.29.35']);

/** Extensions after which a list is not a complete one of all certificates, critical or not. */
const PARTIAL: ReadonlyMap<string, string> = new Map([
  ['2.5.29.27', 'is a delta list (RFC 5280 5.2.4)'],
  ['2.5.29.28', 'covers a part only (issuing distribution point, RFC 5280 5.2.5)'],
]);

/** Why a list says nothing to us, whoever signed it; undefined when it may be used. */
export function findCrlDefect(crl: CrlFacts): string | undefined {
  for (const { oid, critical } of crl.extensions) {
    const partial = PARTIAL.get(oid);
    if (partial !== undefined) return partial;
    if (critical && !UNDERSTOOD.has(oid)) return `has the unknown critical extension ${oid}`;
  }
  const [entryExtension] = crl.criticalEntryExtensions;
  // RFC 5280 5.3: an entry that is not understood may belong to another certificate than it seems.
  if (entryExtension !== undefined) return `has entries with the critical extension ${entryExtension}`;
  return crl.nextUpdate === undefined ? 'does not say when the next one comes (RFC 5280 5.1.2.5)' : undefined;
}

/** Why a list cannot come from this issuer, as far as can be told without its signature. */
export function findIssuerDefect(crl: CrlFacts, issuer: CertificateFacts): string | undefined {
  const keyId = issuer.known.subjectKeyId;
  if (crl.authorityKeyId !== undefined && keyId !== undefined && crl.authorityKeyId !== keyId) {
    return 'names another key of the issuer';
  }
  const usage = issuer.known.keyUsage;
  // RFC 5280 6.3.3 (f).
  return usage !== undefined && !usage.has('cRLSign')
    ? 'comes from an issuer whose key usage lacks cRLSign'
    : undefined;
}

/** Whether a list comes from this authority: by name, key and signature. */
export function isIssuedBy(crl: CrlFacts, authority: CertificateFacts): boolean {
  return (
    crl.issuer.matchKey === authority.subject.matchKey &&
    findIssuerDefect(crl, authority) === undefined &&
    checkSignature(crl, authority.publicKey) === undefined
  );
}
