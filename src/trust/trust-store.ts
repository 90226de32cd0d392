// Which certificates does a trust store hold, and which of them may a path end at?

import { hash, X509Certificate } from 'node:crypto';
import type { CertificateFacts } from '../model/certificate.ts';
import { formatRfc4514 } from '../x509/name-text.ts';

/** Frozen; a reload makes a new one. */
export interface TrustStore {
  readonly name: string;
  readonly anchors: readonly CertificateFacts[];
  /** For building paths only: trust comes from the anchors above them. */
  readonly intermediates: readonly CertificateFacts[];
  /** SHA-256 over what the store holds, lower-case hex: equal for stores of equal content, whatever their names. */
  readonly contentHash: string;
}

export interface TrustStoreInput {
  readonly name: string;
  readonly certificates: readonly CertificateFacts[];
  /** Take certificates that are not self-signed as anchors too. */
  readonly partialChain: boolean;
  /** Milliseconds since the epoch; for the warnings on dates only. */
  readonly at: number;
}

/** `store` is undefined exactly when there are problems. Warnings and notes (how things were sorted) stop nothing. */
export interface TrustStoreResult {
  readonly store: TrustStore | undefined;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

/** Sorts certificates into anchors and intermediates; one given twice counts once. */
export function createTrustStore({ name, certificates, partialChain, at }: TrustStoreInput): TrustStoreResult {
  const anchors: CertificateFacts[] = [];
  const intermediates: CertificateFacts[] = [];
  const warnings: string[] = [];
  const notes: string[] = [];
  for (const certificate of new Map(certificates.map((facts) => [facts.fingerprint, facts])).values()) {
    const subject = formatRfc4514(certificate.subject);
    const selfSigned = isSelfSigned(certificate);
    if (!mayIssue(certificate)) {
      // An end entity can only be trusted as itself, and that is what partialChain is for.
      warnings.push(
        partialChain
          ? `no certificate authority: accepted as a client certificate itself, and never asked for in revocation lists: ${subject}`
          : `no certificate authority: left out, set partialChain to accept it as a client certificate itself: ${subject}`,
      );
      if (partialChain) anchors.push(certificate);
    } else if (selfSigned || partialChain) {
      anchors.push(certificate);
      if (!selfSigned) notes.push(`not self-signed: used as anchor because of partialChain: ${subject}`);
    } else {
      intermediates.push(certificate);
      notes.push(`not self-signed: used as intermediate: ${subject}`);
    }
  }
  warnings.push(...dateWarningsOf([...anchors, ...intermediates], at));
  if (anchors.length === 0) {
    const problem = `trust store ${name} has no anchor: no path could end in it`;
    return { store: undefined, problems: [problem], warnings, notes };
  }
  const contentHash = hashOf(anchors, intermediates);
  return { store: { name, anchors, intermediates, contentHash }, problems: [], warnings, notes };
}

/** Every certificate authority of the store, anchors first. */
export function authoritiesOf({ anchors, intermediates }: TrustStore): readonly CertificateFacts[] {
  return [...anchors, ...intermediates].filter(mayIssue);
}

/** A version 1 certificate has no extension to deny it with (RFC 5280 6.1.4 (k)). */
function mayIssue({ version, known }: CertificateFacts): boolean {
  return version < 3 || known.basicConstraints?.ca === true;
}

/**
 * The name alone would let a key-rollover certificate (self-issued, signed by the old key) pass for a root. The digest
 * does not matter here, old roots have SHA-1, and so OpenSSL is asked: whether to trust the file is not the question.
 */
function isSelfSigned({ subject, issuer, der, publicKey }: CertificateFacts): boolean {
  if (subject.matchKey !== issuer.matchKey) return false;
  try {
    return new X509Certificate(der).verify(publicKey.key());
  } catch {
    // A key or an algorithm that OpenSSL does not take: no root that could be used.
    return false;
  }
}

function dateWarningsOf(certificates: readonly CertificateFacts[], at: number): string[] {
  return certificates.flatMap(({ subject, notBefore, notAfter }) => {
    const name = formatRfc4514(subject);
    if (at > notAfter) return [`expired on ${new Date(notAfter).toISOString()}, accepts nobody: ${name}`];
    if (at < notBefore) return [`not valid before ${new Date(notBefore).toISOString()}: ${name}`];
    return [];
  });
}

function hashOf(anchors: readonly CertificateFacts[], intermediates: readonly CertificateFacts[]): string {
  const tagged = [
    ...anchors.map(({ fingerprint }) => `anchor ${fingerprint}`),
    ...intermediates.map(({ fingerprint }) => `intermediate ${fingerprint}`),
  ];
  return hash('sha256', tagged.sort().join('\n'), 'hex');
}
