// The public keys as an answer of the gateway's own, for whoever verifies tokens.

export interface KeySetAnswer {
  readonly status: 200;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

export interface KeySetPage {
  /** `path`: canonical, without query. undefined: the request is for somebody else. The body of HEAD is not to be sent. */
  answer(method: string, path: string): KeySetAnswer | undefined;
}

/** How long verifiers may keep it: a new key is published that long before it signs. */
const MAX_AGE_SECONDS = 300;

/** Only the very path is taken, and only to read: everything else under it is the service's. */
export function createKeySetPage(jwksPath: string, keySet: string): KeySetPage {
  const body = Buffer.from(keySet);
  const answer: KeySetAnswer = {
    status: 200,
    headers: [
      // RFC 7517 8.5.2.
      ['Content-Type', 'application/jwk-set+json'],
      ['Content-Length', String(body.length)],
      ['Cache-Control', `public, max-age=${MAX_AGE_SECONDS}`],
      ['X-Content-Type-Options', 'nosniff'],
    ],
    body,
  };
  return {
    answer: (method, path) => (path === jwksPath && (method === 'GET' || method === 'HEAD') ? answer : undefined),
  };
}
