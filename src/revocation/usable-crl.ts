// Does this list speak for this issuer?

import type { CertificateFacts, CrlFacts } from '../model/certificate.ts';
import { checkCrlSignatureNow } from './crl-signature.ts';

/**
 * Critical extensions of a list that are understood: number, base of a delta list, issuing distribution point and key
 * identifier (RFC 5280 5.2.1, 5.2.3 to 5.2.5).
 */
const UNDERSTOOD: ReadonlySet<string> = new Set(['2.5.29.20', '2.5.29.27', '2.5.29.28', '2.5.29.35']);

/** Why a list says nothing to us, whoever signed it; undefined when it may be used. */
export function findCrlDefect(crl: CrlFacts): string | undefined {
  const unknown = crl.extensions.find(({ oid, critical }) => critical && !UNDERSTOOD.has(oid));
  if (unknown !== undefined) return `has the unknown critical extension ${unknown.oid}`;
  // Whose certificates such a list withdraws is known only by its entries (RFC 5280 5.3.3), which are read by number alone.
  if (crl.issuingDistributionPoint?.indirectCrl) return 'is an indirect one (RFC 5280 5.2.5), which are not supported';
  if (crl.deltaCrlIndicator !== undefined && crl.crlNumber === undefined) {
    return 'is a delta list without a number (RFC 5280 5.2.4)';
  }
  const [entryExtension] = crl.criticalEntryExtensions;
  // RFC 5280 5.3: an entry that is not understood may belong to another certificate than it seems.
  return entryExtension === undefined ? undefined : `has entries with the critical extension ${entryExtension}`;
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

/** Whether a list comes from this authority: by name, key and signature. For large lists after `checkCrlSignatures`. */
export function isIssuedBy(crl: CrlFacts, authority: CertificateFacts): boolean {
  return (
    crl.issuer.matchKey === authority.subject.matchKey &&
    findIssuerDefect(crl, authority) === undefined &&
    checkCrlSignatureNow(crl, authority.publicKey) === 'right'
  );
}
