// Whom does a request come from? By the plain headers of format `x-client` (docs/headers.md).
//
// Headers prove nothing: whoever can connect to the app can write them. They are true only where nobody but the gateway
// can connect: on the loopback address of a machine on which nobody else may run programs, in a container or pod that
// the app shares with the gateway alone, or in a network that lets the gateway's address in and no other. Where that
// is not so, use verify-token.ts.

import type { IncomingHttpHeaders } from 'node:http';

export interface Client {
  /** null: the certificate belongs to nobody in the directory, and no mapping names an account. */
  readonly account: string | null;
  /** A serial number is the client's only together with its issuer: other authorities count from 1, too. */
  readonly issuer: string;
  readonly serial: string;
}

/** undefined: the request has no good certificate. */
export function clientOf(headers: IncomingHttpHeaders): Client | undefined {
  // Not whether there is a header: `NONE` and `FAILED:...` are values, too.
  if (headers['x-client-verify'] !== 'SUCCESS') return undefined;
  const account = headers['x-client-account'];
  return {
    account: account === undefined ? null : decodeURIComponent(String(account)),
    issuer: String(headers['x-client-issuer']),
    serial: String(headers['x-client-serial']),
  };
}
