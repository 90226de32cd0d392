// By what shall a certificate that is at hand be known in the directory?

import type { NewCredential } from '../directory/changes.ts';
import type { CertificateFacts } from '../model/certificate.ts';
import type { Refusal } from '../model/reasons.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import { type FoundIssuer, findIssuer, type IssuerInput } from './find-issuer.ts';

/** Issuer and serial number, the key of the certificate, or what its issuer signed. */
export const CREDENTIAL_WAYS = ['issuer-serial', 'spki', 'tbs'] as const;
export type CredentialWay = (typeof CREDENTIAL_WAYS)[number];

export interface CredentialInput extends IssuerInput {
  readonly by: CredentialWay;
  /** Who has issued it, where that is known already. */
  readonly issuer?: FoundIssuer | undefined;
}

export interface CredentialResult {
  /** undefined: no authority of the trust stores has issued it, and nobody else is known to. */
  readonly credential: NewCredential | undefined;
  /** Why no trust store accepts the certificate now; undefined where one does. */
  readonly refusal: Refusal | undefined;
}

export function credentialOf({ by, issuer: given, ...input }: CredentialInput): CredentialResult {
  const { leaf } = input;
  const { issuer: found, refusal } = findIssuer(input);
  const common = { fingerprint: leaf.fingerprint, issuerName: formatRfc4514(leaf.issuer) };
  const match = matchOf(leaf, by, given ?? found);
  return { credential: match && { ...common, match }, refusal };
}

function matchOf(
  leaf: CertificateFacts,
  by: CredentialWay,
  issuer: FoundIssuer | undefined,
): NewCredential['match'] | undefined {
  if (by === 'spki') return { kind: 'spki', spki: leaf.publicKey.spkiHash };
  if (by === 'tbs') return { kind: 'tbs', tbs: leaf.tbsHash };
  return issuer && { kind: 'issuer-serial', issuerSpki: issuer.key, serial: leaf.serial };
}
