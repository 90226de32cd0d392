// What can be wrong with the first bytes of a connection, and what its client is told of it?

/** By what is wrong: the alert (RFC 8446 6); none where nobody speaks TLS who would understand one. */
const ALERTS = {
  'not-tls': undefined,
  /** Only handshake records may come before the ServerHello. */
  'record-type': 10,
  'record-version': 70,
  'record-length': 22,
  'message-type': 10,
  /** It does not end where its record does. */
  'message-length': 10,
  'too-long': 47,
  /** A length that does not fit, or a value outside of its range. */
  form: 50,
  'extension-repeated': 47,
  /** Not the plain name of a host. */
  'server-name': 112,
} as const;

export type HelloFault = keyof typeof ALERTS;

const ALERT_RECORD = 21;
const FATAL = 2;

/** The record that says it; undefined where there is nothing to say. */
export function writeAlert(fault: HelloFault): Uint8Array | undefined {
  const alert = ALERTS[fault];
  return alert === undefined ? undefined : Uint8Array.of(ALERT_RECORD, 3, 3, 0, 2, FATAL, alert);
}
