// The one table of reasons: why a request is refused, and what its client is told.
//
// Codes are API: they stand in answers, log lines and metrics, and are never renamed. `rank` decides which of
// several failed paths is reported (the higher is the more useful to the client); only certificate reasons have one.
// The texts speak to a client about its own certificate or request. They never name a file, an address or an engine.

export interface Reason {
  /** HTTP status of the refusal. */
  readonly status: number;
  /** IIS sub-status, where IIS has one. */
  readonly substatus?: string;
  /** Usefulness among the failures of several certificate paths; higher wins. */
  readonly rank?: number;
  readonly title: string;
  /** One or two sentences: what is wrong, and what to do. */
  readonly detail: string;
}

export const REASONS = {
  'certificate-required': {
    status: 403,
    substatus: '403.7',
    title: 'A client certificate is required',
    detail: 'This address needs a client certificate and none was presented. Choose or install one and connect again.',
  },
  'certificate-untrusted': {
    status: 403,
    substatus: '403.16',
    rank: 1,
    title: 'The client certificate is not trusted',
    detail:
      'No path leads from the certificate to an authority trusted here. Send the intermediate certificates along, or use a certificate of an accepted authority.',
  },
  'certificate-invalid': {
    status: 403,
    substatus: '403.16',
    rank: 2,
    title: 'The client certificate is not valid',
    detail:
      'The certificate or one of its issuers is malformed, badly signed, too weak or breaks a constraint. Ask the authority that issued it for a new one.',
  },
  'certificate-usage': {
    status: 403,
    substatus: '403.16',
    rank: 3,
    title: 'The client certificate is not meant for this use',
    detail:
      'Its key usage or extended key usage does not allow client authentication. Use a certificate issued for client authentication.',
  },
  'certificate-expired': {
    status: 403,
    substatus: '403.17',
    rank: 5,
    title: 'The client certificate has expired',
    detail: 'The certificate or one of its issuers is past its last day. Renew it and connect again.',
  },
  'certificate-not-yet-valid': {
    status: 403,
    substatus: '403.17',
    rank: 4,
    title: 'The client certificate is not yet valid',
    detail: 'The certificate or one of its issuers becomes valid later. Check the clock of the machine that issued it.',
  },
  'certificate-revoked': {
    status: 403,
    substatus: '403.13',
    rank: 7,
    title: 'The client certificate has been revoked',
    detail: 'The authority that issued the certificate has withdrawn it. Ask for a new one.',
  },
  'certificate-blocked': {
    status: 403,
    substatus: '403.13',
    title: 'The client certificate is blocked',
    detail: 'The certificate has been blocked here. Ask the operator of this service.',
  },
  'revocation-unknown': {
    status: 403,
    substatus: '403.13',
    rank: 6,
    title: 'The revocation state of the client certificate is unknown',
    detail: 'It could not be established that the certificate is still good. Try again later or ask the operator.',
  },
  'certificate-not-allowed': {
    status: 403,
    substatus: '403.12',
    title: 'The client certificate is not allowed here',
    detail: 'The certificate is valid, but this address is not open to it. Ask the operator for access.',
  },
  'account-unknown': {
    status: 403,
    substatus: '403.12',
    title: 'No account belongs to the client certificate',
    detail: 'The certificate is valid, but no account is known for it here. Ask the operator to register it.',
  },
  'account-disabled': {
    status: 403,
    substatus: '403.12',
    title: 'The account of the client certificate is disabled',
    detail: 'The account that belongs to the certificate is disabled. Ask the operator of this service.',
  },
  'path-invalid': {
    status: 400,
    title: 'The path is not acceptable',
    detail:
      'The path of the request is not in its plain form. Send it without dot segments, doubled or encoded slashes.',
  },
  'request-invalid': {
    status: 400,
    title: 'The request is not acceptable',
    detail: 'The request is malformed or ambiguous.',
  },
  'not-found': {
    status: 404,
    title: 'Nothing is served here',
    detail: 'No service answers at this address.',
  },
  'host-unknown': {
    status: 421,
    title: 'The host is not served here',
    detail: 'The host that the request names is not served here.',
  },
  'host-mismatch': {
    status: 421,
    title: 'The host does not belong to this connection',
    detail: 'The request names another host than the TLS connection was made for. Open a new connection to that host.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long',
    detail: 'The request was not complete within the time allowed.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    detail: 'The body of the request is larger than is allowed here.',
  },
  'expectation-failed': {
    status: 417,
    title: 'The expectation cannot be met',
    detail: 'Only "Expect: 100-continue" is understood.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    detail: 'Too many requests were sent in a short time. Try again later.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The header section is too large',
    detail: 'The header section of the request is larger or has more fields than is allowed here.',
  },
  'identity-too-large': {
    status: 431,
    title: 'The client certificate is too large to pass on',
    detail: 'The certificate does not fit into the headers in which the service expects it. Use a smaller certificate.',
  },
  'method-not-supported': {
    status: 501,
    title: 'The method is not supported',
    detail: 'CONNECT and TRACE are not supported.',
  },
  'version-not-supported': {
    status: 505,
    title: 'The HTTP version is not supported',
    detail: 'Use HTTP/1.1.',
  },
  'origin-refused': {
    status: 403,
    title: 'The origin is not allowed',
    detail: 'WebSocket connections are accepted from pages of this host only.',
  },
  'upstream-unreachable': {
    status: 502,
    title: 'The service cannot be reached',
    detail: 'The service behind this address cannot be reached. Try again later.',
  },
  'upstream-failed': {
    status: 502,
    title: 'The service gave no proper answer',
    detail: 'The service behind this address broke off or answered with something that is not HTTP.',
  },
  'directory-unavailable': {
    status: 503,
    title: 'The directory of clients cannot be asked',
    detail: 'It cannot be established at the moment who the certificate belongs to. Try again later.',
  },
  overloaded: {
    status: 503,
    title: 'Too busy',
    detail: 'The gateway has too much to do at the moment. Try again later.',
  },
  'upstream-timeout': {
    status: 504,
    title: 'The service did not answer in time',
    detail: 'The service behind this address did not answer within the time allowed.',
  },
  internal: {
    status: 500,
    title: 'The gateway failed',
    detail: 'The request could not be judged because of a fault in the gateway, and so it was refused.',
  },
} as const satisfies Readonly<Record<string, Reason>>;

export type ReasonCode = keyof typeof REASONS;

/** The row of a code, in its general shape. */
export function reasonOf(code: ReasonCode): Reason {
  return REASONS[code];
}

/** Why something was refused. `check` and `note` are for the log and `explain`, never for the client. */
export interface Refusal {
  readonly code: ReasonCode;
  /** The check that failed, a stable kebab-case name: `path-length`, `signature`, `gate-1`. */
  readonly check?: string;
  /** What exactly was found, for the operator. */
  readonly note?: string;
  /** When it may be tried again, where that is known: what the client is told. */
  readonly retryAfterSeconds?: number;
}
