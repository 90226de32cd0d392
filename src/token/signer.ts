// Signs tokens (JWT in JWS compact form, RFC 7515 7.1) and publishes the keys to verify them with.
//
// With node:crypto, which signs at once: a request that needs a token need not wait a turn for it.

import { type SignKeyObjectInput, sign } from 'node:crypto';
import type { SigningKey } from './signing-key.ts';

export interface TokenSigner {
  /** JWK Set (RFC 7517 5) of all keys as JSON: a key is known before it signs, and as long as its tokens hold. */
  readonly keySet: string;
  sign(claims: object): string;
}

/** `keys`: newest first; the first signs. */
export function createTokenSigner(keys: readonly SigningKey[]): TokenSigner {
  const [first] = keys;
  if (first === undefined) throw new Error('there is no key to sign with');
  const { algorithm, id, key } = first;
  // `JWT` and no type of our own: Spring Security takes no other unless it is told to, and these keys sign nothing else.
  const head = encode({ alg: algorithm, kid: id, typ: 'JWT' });
  // RFC 7518 3.4: R and S one behind the other, not in DER. Ed25519 hashes on its own.
  const [digest, input]: [string | undefined, SignKeyObjectInput] =
    algorithm === 'ES256' ? ['sha256', { key, dsaEncoding: 'ieee-p1363' }] : [undefined, { key }];
  return {
    keySet: JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) }),
    sign(claims) {
      const signed = `${head}.${encode(claims)}`;
      return `${signed}.${sign(digest, Buffer.from(signed), input).toString('base64url')}`;
    },
  };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
