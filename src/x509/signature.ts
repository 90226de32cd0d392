// Is this signature right, and made with an algorithm that is still good?

import { constants, type KeyObject, type SigningOptions, verify } from 'node:crypto';
import type { AlgorithmIdentifier, PublicKeyFacts } from '../model/certificate.ts';
import { inside, readWhole, TAG } from './der.ts';
import { readPositiveOctets } from './der-values.ts';
import { Malformed } from './malformed.ts';
import { type PssParameters, readPssParameters } from './pss-parameters.ts';

export type SignatureFault = 'algorithm-unknown' | 'algorithm-weak' | 'key-mismatch' | 'signature-wrong';

/** Certificate, CRL or OCSP answer. */
export interface Signed {
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
}

type Row =
  | { readonly scheme: 'pkcs1' | 'ecdsa'; readonly hash: string }
  | { readonly scheme: 'pss' | 'ed25519' }
  | { readonly scheme: 'weak' };

/** Every algorithm known. What is not here is unknown. */
const ALGORITHMS: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['1.2.840.113549.1.1.11', { scheme: 'pkcs1', hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { scheme: 'pkcs1', hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { scheme: 'pkcs1', hash: 'sha512' }],
  ['1.2.840.113549.1.1.10', { scheme: 'pss' }],
  ['1.2.840.10045.4.3.2', { scheme: 'ecdsa', hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { scheme: 'ecdsa', hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { scheme: 'ecdsa', hash: 'sha512' }],
  ['1.3.101.112', { scheme: 'ed25519' }],
  // MD2, MD4, MD5 and SHA-1 with RSA; SHA-1 with RSA as OIW numbered it; SHA-1 with ECDSA and with DSA.
  ['1.2.840.113549.1.1.2', { scheme: 'weak' }],
  ['1.2.840.113549.1.1.3', { scheme: 'weak' }],
  ['1.2.840.113549.1.1.4', { scheme: 'weak' }],
  ['1.2.840.113549.1.1.5', { scheme: 'weak' }],
  ['1.3.14.3.2.29', { scheme: 'weak' }],
  ['1.2.840.10045.4.1', { scheme: 'weak' }],
  ['1.2.840.10040.4.3', { scheme: 'weak' }],
]);

const CURVES: ReadonlySet<string | undefined> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

/** What is wrong with a signature by that key; undefined when it verifies. Sizes of keys are judged elsewhere. */
export function checkSignature(signed: Signed, key: PublicKeyFacts): SignatureFault | undefined {
  const row = ALGORITHMS.get(signed.signatureAlgorithm.oid);
  switch (row?.scheme) {
    case undefined:
      return 'algorithm-unknown';
    case 'weak':
      return 'algorithm-weak';
    case 'pkcs1':
      // RFC 4055 5: NULL. Absent parameters, which it tolerates, are refused.
      if (!isNull(signed.signatureAlgorithm.parameters)) return 'algorithm-unknown';
      if (key.kind !== 'rsa') return 'key-mismatch';
      return verifyWith(signed, key, row.hash, { padding: constants.RSA_PKCS1_PADDING });
    case 'pss':
      return checkPss(signed, key);
    case 'ecdsa':
      return checkEcdsa(signed, key, row.hash);
    case 'ed25519':
      // RFC 8410 3: no parameters.
      if (signed.signatureAlgorithm.parameters !== undefined) return 'algorithm-unknown';
      return key.kind === 'ed25519' ? verifyWith(signed, key, undefined, {}) : 'key-mismatch';
  }
}

function checkPss(signed: Signed, key: PublicKeyFacts): SignatureFault | undefined {
  const parameters = attempt(() => readPssParameters(signed.signatureAlgorithm.parameters));
  if (parameters === undefined) return 'algorithm-unknown';
  if (parameters === 'weak') return 'algorithm-weak';
  if (key.kind !== 'rsa') return 'key-mismatch';
  const { hash, saltLength }: PssParameters = parameters;
  return verifyWith(signed, key, hash, { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
}

function checkEcdsa(signed: Signed, key: PublicKeyFacts, hash: string): SignatureFault | undefined {
  // RFC 5758 3.2: no parameters.
  if (signed.signatureAlgorithm.parameters !== undefined) return 'algorithm-unknown';
  if (key.kind !== 'ec' || !CURVES.has(key.curve)) return 'key-mismatch';
  return attempt(() => checkEcdsaValue(signed.signature)) === undefined
    ? 'signature-wrong'
    : verifyWith(signed, key, hash, { dsaEncoding: 'der' });
}

/** RFC 5758 3.2: two positive INTEGERs and nothing more. Throws Malformed. */
function checkEcdsaValue(signature: Uint8Array): true {
  return inside(readWhole(signature, 'signature', TAG.sequence), (fields) => {
    readPositiveOctets(fields.read('r', TAG.integer));
    readPositiveOctets(fields.read('s', TAG.integer));
    return true;
  });
}

function verifyWith(
  { tbs, signature }: Signed,
  key: PublicKeyFacts,
  hash: string | undefined,
  options: SigningOptions,
): SignatureFault | undefined {
  let object: KeyObject;
  try {
    object = key.key();
  } catch {
    // OpenSSL refuses the key itself: a point off its curve, a modulus of nonsense.
    return 'key-mismatch';
  }
  return verify(hash, tbs, { key: object, ...options }, signature) ? undefined : 'signature-wrong';
}

function isNull(parameters: Uint8Array | undefined): boolean {
  return parameters?.length === 2 && parameters[0] === TAG.null && parameters[1] === 0;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
