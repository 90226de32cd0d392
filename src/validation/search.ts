// What may one search for a path still spend, and what has it learnt that it need not pay for again?

import type { CertificateFacts, PublicKeyFacts } from '../model/certificate.ts';
import type { Refusal } from '../model/reasons.ts';
import { checkIssuerSignature } from './checks/signature.ts';
import { type NameWork, startNameWork } from './name-constraints/check-name-constraints.ts';
import type { ValidationOptions } from './options.ts';

/**
 * What a path that reached an anchor counts as, whatever comes of it: then the policies of all its certificates are
 * read, which may be thousands.
 */
const TRIES_PER_COMPLETE_PATH = 50;

/** Over all paths tried for one verdict. */
export interface Search {
  issuerTriesLeft: number;
  signatureChecksLeft: number;
  /** By certificate and by the key that was asked: backing out of a dead end must not make a signature cost again. */
  readonly signatures: Map<string, Refusal | undefined>;
  readonly names: NameWork;
}

export function startSearch(options: ValidationOptions): Search {
  return {
    issuerTriesLeft: options.maxIssuerTries,
    signatureChecksLeft: options.maxSignatureChecks,
    signatures: new Map(),
    names: startNameWork(options.maxNameComparisons),
  };
}

export function countCompletePath(search: Search): void {
  search.issuerTriesLeft = Math.max(0, search.issuerTriesLeft - TRIES_PER_COMPLETE_PATH);
}

/** A key of P-521 takes some twenty times as long as one of P-256, and whoever sends the certificates chooses the keys. */
function costOf({ kind, bits }: PublicKeyFacts): number {
  if (kind === 'ec') return bits > 384 ? 5 : bits > 256 ? 2 : 1;
  return kind === 'rsa' && bits > 4096 ? 5 : 1;
}

/** Whether the issuer's key signed the certificate; `budget` where that is not known and may not be asked any more. */
export function askSignature(
  search: Search,
  certificate: CertificateFacts,
  issuer: CertificateFacts,
): Refusal | 'budget' | undefined {
  const key = `${certificate.fingerprint} ${issuer.publicKey.spkiHash}`;
  if (search.signatures.has(key)) return search.signatures.get(key);
  const cost = costOf(issuer.publicKey);
  if (search.signatureChecksLeft < cost) return 'budget';
  search.signatureChecksLeft -= cost;
  const refusal = checkIssuerSignature(certificate, issuer);
  search.signatures.set(key, refusal);
  return refusal;
}
