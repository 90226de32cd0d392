// What does a token say about a client? (RFC 7519 4.1, RFC 7800 3.1, RFC 8705 3.1)

import type { Identity } from '../model/identity.ts';
import { formatRfc4514 } from '../x509/name-text.ts';

export interface TokenFrame {
  readonly issuer: string;
  readonly audience: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** A service whose clock is a little behind gets tokens that are older than it thinks possible. */
const BACKDATED_SECONDS = 30;

/**
 * No `jti`: one token goes with many requests, and a service that takes each id once would refuse the second. What is
 * undefined is left out.
 */
export function writeClaims({ certificate, path, account }: Identity, frame: TokenFrame): object {
  const subject = formatRfc4514(certificate.subject);
  return {
    iss: frame.issuer,
    aud: frame.audience,
    sub: account?.name ?? (subject === '' ? undefined : subject),
    iat: frame.issuedAt,
    nbf: frame.issuedAt - BACKDATED_SECONDS,
    exp: frame.expiresAt,
    account: account?.name,
    roles: account?.roles,
    subject,
    issuer: formatRfc4514(certificate.issuer),
    // An issuer is its key (design rule 11). A certificate that is an anchor itself vouches for itself.
    issuer_key: (path[1] ?? certificate).publicKey.spkiHash,
    serial: certificate.serial,
    not_after: Math.floor(certificate.notAfter / 1000),
    cnf: { 'x5t#S256': Buffer.from(certificate.fingerprint, 'hex').toString('base64url') },
  };
}
