// Is this key of a kind and size that is still good?

import type { PublicKeyFacts } from '../model/certificate.ts';

export interface KeyLimits {
  /** Bits of the modulus, both ends inclusive. */
  readonly minRsaBits: number;
  readonly maxRsaBits: number;
}

/** OpenSSL's names of P-256, P-384 and P-521. Parameters spelled out are refused (RFC 5480 2.1.1; CVE-2020-0601). */
const CURVES: readonly (string | undefined)[] = ['prime256v1', 'secp384r1', 'secp521r1'];

/** What is wrong with the key, and what would be right; undefined when it is good. */
export function findKeyWeakness(key: PublicKeyFacts, { minRsaBits, maxRsaBits }: KeyLimits): string | undefined {
  switch (key.kind) {
    case 'rsa':
      return key.bits < minRsaBits || key.bits > maxRsaBits
        ? `RSA key of ${key.bits} bits, expected ${minRsaBits} to ${maxRsaBits}`
        : undefined;
    case 'ec':
      return CURVES.includes(key.curve)
        ? undefined
        : `EC key on the curve ${key.curve}, expected P-256, P-384 or P-521`;
    case 'ed25519':
      return undefined;
    default:
      return `key of the kind ${key.kind} (${key.algorithm.oid}), expected RSA, EC or Ed25519`;
  }
}
