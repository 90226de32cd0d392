// What do gateways remember of the certificates in their traffic?
//
// Every time is in milliseconds since the epoch; every digest and key hash is SHA-256 in lower-case hex.

/** A client certificate that came, and that a trust store vouched for. */
export interface SeenCertificate {
  /** Hash of what its issuer signed: which certificate it is, whatever its holder makes of the signature (design rule 11). */
  readonly id: string;
  /** Of the encoding that was seen last. */
  readonly fingerprint: string;
  readonly issuerSpki: string;
  /** As in CertificateFacts. */
  readonly serial: string;
  /** Names by RFC 4514, cut where they are long: for people. */
  readonly issuer: string;
  readonly subject: string;
  /** Name of the account it belonged to when it was last known to belong to one. */
  readonly account: string | undefined;
  /** The site that it came to, as the log calls it. */
  readonly site: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly firstSeenAt: number;
  /** To within an hour. */
  readonly lastSeenAt: number;
}
