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

/** What a report-only rule would have done, added up for everybody that it would have done it with. */
export interface ReportEntry {
  /** Hash of rule, code and certificate. */
  readonly id: string;
  /** As the log calls it. */
  readonly rule: string;
  /** Why it would have refused; empty where it would have let pass, and then nobody is named. */
  readonly code: string;
  /** Undefined where there was no certificate, or one that could not be read. */
  readonly client: ReportedClient | undefined;
  /** Where it came from last. */
  readonly address: string;
  /** How many requests. */
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** A certificate as the log tells of it: of one that nobody vouches for all of it may be a lie. */
export interface ReportedClient {
  readonly fingerprint: string;
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly account: string | undefined;
}
