// Which other keys may an authority have signed its lists with? After its key was renewed, or with a key for lists only.

import type { CertificateFacts, CrlFacts } from '../model/certificate.ts';
import { checkSignature } from '../x509/signature.ts';

export interface SignerQuestion {
  /** Verified; leaf first, anchor last. */
  readonly path: readonly CertificateFacts[];
  /** Place in the path of the authority whose other keys are looked for. */
  readonly issuerIndex: number;
  /** Those of the trust store. */
  readonly authorities: readonly CertificateFacts[];
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Whether an authority of the path has withdrawn a certificate, as its own lists say. */
  readonly isWithdrawn: (certificate: CertificateFacts, issuer: CertificateFacts) => boolean;
}

/** An authority renews its key a few times in its life. */
const MAX_SIGNERS = 8;
/** Microsoft's CA Version, which AD CS writes into its certificates and lists. */
const CA_VERSION = '1.3.6.1.4.1.311.21.1';

/**
 * The certificates of the same name whose keys are the same authority's: another of the path above; one that the issuer, or
 * the authority above it, has certified under that name; or one that has certified the issuer under its own. Where only
 * the name is the same (two roots that somebody called alike) it is another authority. RFC 5280 6.3.3 (f) asks for a path
 * to the same anchor, and this is the one that is at hand; unlike the issuer itself they have to state cRLSign.
 */
export function findOtherSigners(question: SignerQuestion): readonly CertificateFacts[] {
  const { path, issuerIndex, authorities, at, isWithdrawn } = question;
  const issuer = path[issuerIndex] as CertificateFacts;
  const above = path.slice(issuerIndex + 1);
  const certifiers = [issuer, ...above.slice(0, 1)];
  const isOfIssuer = (certificate: CertificateFacts): boolean => {
    if (above.includes(certificate)) return true;
    const certifier = certifiers.find((each) => hasCertified(each, certificate));
    if (certifier === undefined) return hasCertified(certificate, issuer);
    return !isWithdrawn(certificate, certifier);
  };
  return [...new Map([...authorities, ...above].map((certificate) => [certificate.fingerprint, certificate])).values()]
    .filter(({ subject, publicKey, notBefore, notAfter, known }) => {
      const isOther = subject.matchKey === issuer.subject.matchKey && publicKey.spkiHash !== issuer.publicKey.spkiHash;
      return isOther && notBefore <= at && at <= notAfter && known.keyUsage?.has('cRLSign') === true;
    })
    .slice(0, MAX_SIGNERS)
    .filter(isOfIssuer);
}

/**
 * AD CS goes on writing a list for each of its keys, with the certificates signed by that key alone: one of them says
 * nothing of what another key has signed, although both have the issuer's name. It marks them by the version of the authority.
 */
export function coversOneKeyOnly({ extensions }: Pick<CrlFacts | CertificateFacts, 'extensions'>): boolean {
  return extensions.some(({ oid }) => oid === CA_VERSION);
}

function hasCertified(certifier: CertificateFacts, certificate: CertificateFacts): boolean {
  return (
    certificate.issuer.matchKey === certifier.subject.matchKey &&
    checkSignature(certificate, certifier.publicKey) === undefined
  );
}
