// Whom does a request come from? By the signed token that the gateway puts beside the headers (docs/tokens.md).

import { readFileSync } from 'node:fs';
import { setDefaultCACertificates } from 'node:tls';
import { createRemoteJWKSet, jwtVerify } from 'jose';

export interface Client {
  /** null: the certificate belongs to nobody in the directory, and no mapping names an account. */
  readonly account: string | null;
  readonly roles: readonly string[];
  /** A serial number is the client's only together with the key that issued it: other authorities count from 1, too. */
  readonly issuerKey: string;
  readonly serial: string;
}

interface Claims {
  readonly account?: string;
  readonly roles?: readonly string[];
  readonly issuer_key: string;
  readonly serial: string;
}

const { ISSUER = 'https://gateway.example', AUDIENCE = 'orders', GATEWAY_CA } = process.env;
const { JWKS_URL = `${ISSUER}/.well-known/portcullis/jwks.json` } = process.env;

// Whoever can answer in place of the gateway can sign tokens of his own. So its authority alone vouches for the
// connection to it, and none of the public ones. (An app that also talks to the internet needs both: add
// `...getCACertificates()`.)
if (GATEWAY_CA !== undefined) setDefaultCACertificates([readFileSync(GATEWAY_CA, 'utf8')]);

/** Fetched with the first token, kept for ten minutes, and fetched again for a key that is not among them. */
const keys = createRemoteJWKSet(new URL(JWKS_URL));

/** Rejects unless the gateway has made the token for this very app, and not long ago. */
export async function clientOf(token: string): Promise<Client> {
  const { payload } = await jwtVerify<Claims>(token, keys, {
    issuer: ISSUER,
    // Without it, another service behind the gateway could come here with the tokens that it was sent.
    audience: AUDIENCE,
    // Nothing in the token itself chooses how it is checked (RFC 8725 3.1).
    algorithms: ['EdDSA', 'ES256'],
    requiredClaims: ['exp', 'serial', 'issuer_key'],
    clockTolerance: 5,
  });
  const { account = null, roles = [], issuer_key: issuerKey, serial } = payload;
  return { account, roles, issuerKey, serial };
}
