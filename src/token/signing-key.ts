// What does a private key sign tokens with, and how is its public half published?

import { createPublicKey, hash, type KeyObject } from 'node:crypto';

/** `EdDSA` with Ed25519 only (RFC 8037 3.1): the name that every library knows. */
export type TokenAlgorithm = 'ES256' | 'EdDSA';

export interface SigningKey {
  readonly algorithm: TokenAlgorithm;
  /** RFC 7638 thumbprint (SHA-256, base64url): the same wherever the key is. */
  readonly id: string;
  /** Private; never to be logged. */
  readonly key: KeyObject;
  /** RFC 7517. */
  readonly publicJwk: Readonly<Record<string, string>>;
}

/** undefined: neither P-256 nor Ed25519. */
export function createSigningKey(key: KeyObject): SigningKey | undefined {
  const algorithm = algorithmOf(key);
  if (algorithm === undefined) return undefined;
  const { kty, crv, x, y } = createPublicKey(key).export({ format: 'jwk' });
  // RFC 7638 3.2, RFC 8037 2: these members, in this order; `y` is not there for Ed25519.
  const id = hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url');
  const members = { kty, crv, x, y, kid: id, alg: algorithm, use: 'sig' };
  const present = Object.entries(members).filter((member): member is [string, string] => member[1] !== undefined);
  return { algorithm, id, key, publicJwk: Object.fromEntries(present) };
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): TokenAlgorithm | undefined {
  if (asymmetricKeyType === 'ed25519') return 'EdDSA';
  return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'ES256' : undefined;
}
