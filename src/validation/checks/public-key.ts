// Is its key of a kind and size that is accepted?

import type { PublicKeyFacts } from '../../model/certificate.ts';
import type { ValidationOptions } from '../options.ts';
import { type Check, invalid } from '../place.ts';

/** OpenSSL's names of P-256, P-384 and P-521. Parameters spelled out are refused (RFC 5480 2.1.1; CVE-2020-0601). */
const CURVES: readonly (string | undefined)[] = ['prime256v1', 'secp384r1', 'secp521r1'];

/** Every key of a path, the anchor's too: the path is as strong as its weakest key. */
export const checkPublicKey: Check = ({ certificate, options }) => {
  const problem = problemOf(certificate.publicKey, options);
  return problem === undefined ? undefined : invalid(problem);
};

function problemOf(key: PublicKeyFacts, { minRsaBits, maxRsaBits }: ValidationOptions): string | undefined {
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
