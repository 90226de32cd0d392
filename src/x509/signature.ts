// Is this signature right, and made with an algorithm that is still good?

import { constants, type SigningOptions, type VerifyKeyObjectInput, verify } from 'node:crypto';
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

/** How node:crypto is asked. */
interface Method {
  readonly hash: string | undefined;
  readonly key: VerifyKeyObjectInput;
}

/** What is wrong with a signature by that key; undefined when it verifies. Sizes of keys are judged elsewhere. */
export function checkSignature(signed: Signed, key: PublicKeyFacts): SignatureFault | undefined {
  const method = findMethod(signed, key);
  if (typeof method === 'string') return method;
  return verify(method.hash, signed.tbs, method.key, signed.signature) ? undefined : 'signature-wrong';
}

/** The same in another thread, for what takes long to hash. Rejects only when we are broken. */
export function checkSignatureElsewhere(signed: Signed, key: PublicKeyFacts): Promise<SignatureFault | undefined> {
  const method = findMethod(signed, key);
  if (typeof method === 'string') return Promise.resolve(method);
  const { promise, resolve, reject } = Promise.withResolvers<SignatureFault | undefined>();
  verify(method.hash, signed.tbs, method.key, signed.signature, (error, isRight) => {
    if (error) reject(error);
    else resolve(isRight ? undefined : 'signature-wrong');
  });
  return promise;
}

/** What is wrong before anything is computed, or how to compute it. */
function findMethod(signed: Signed, key: PublicKeyFacts): Method | SignatureFault {
  const row = ALGORITHMS.get(signed.signatureAlgorithm.oid);
  switch (row?.scheme) {
    case undefined:
      return 'algorithm-unknown';
    case 'weak':
      return 'algorithm-weak';
    case 'pkcs1':
      // RFC 4055 5: NULL, and whoever reads has to take their absence for it.
      if (!isNullOrAbsent(signed.signatureAlgorithm.parameters)) return 'algorithm-unknown';
      if (key.kind !== 'rsa') return 'key-mismatch';
      return methodWith(key, row.hash, { padding: constants.RSA_PKCS1_PADDING });
    case 'pss':
      return findPssMethod(signed, key);
    case 'ecdsa':
      return findEcdsaMethod(signed, key, row.hash);
    case 'ed25519':
      // RFC 8410 3: no parameters.
      if (signed.signatureAlgorithm.parameters !== undefined) return 'algorithm-unknown';
      return key.kind === 'ed25519' ? methodWith(key, undefined, {}) : 'key-mismatch';
  }
}

function findPssMethod(signed: Signed, key: PublicKeyFacts): Method | SignatureFault {
  const parameters = attempt(() => readPssParameters(signed.signatureAlgorithm.parameters));
  if (parameters === undefined) return 'algorithm-unknown';
  if (parameters === 'weak') return 'algorithm-weak';
  if (key.kind !== 'rsa') return 'key-mismatch';
  const { hash, saltLength }: PssParameters = parameters;
  return methodWith(key, hash, { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
}

function findEcdsaMethod(signed: Signed, key: PublicKeyFacts, hash: string): Method | SignatureFault {
  // RFC 5758 3.2: no parameters.
  if (signed.signatureAlgorithm.parameters !== undefined) return 'algorithm-unknown';
  if (key.kind !== 'ec' || !CURVES.has(key.curve)) return 'key-mismatch';
  return attempt(() => checkEcdsaValue(signed.signature)) === undefined
    ? 'signature-wrong'
    : methodWith(key, hash, { dsaEncoding: 'der' });
}

/** RFC 5758 3.2: two positive INTEGERs and nothing more. Throws Malformed. */
function checkEcdsaValue(signature: Uint8Array): true {
  return inside(readWhole(signature, 'signature', TAG.sequence), (fields) => {
    readPositiveOctets(fields.read('r', TAG.integer));
    readPositiveOctets(fields.read('s', TAG.integer));
    return true;
  });
}

function methodWith(key: PublicKeyFacts, hash: string | undefined, options: SigningOptions): Method | SignatureFault {
  try {
    return { hash, key: { key: key.key(), ...options } };
  } catch {
    // OpenSSL refuses the key itself: a point off its curve, a modulus of nonsense.
    return 'key-mismatch';
  }
}

function isNullOrAbsent(parameters: Uint8Array | undefined): boolean {
  if (parameters === undefined) return true;
  return parameters.length === 2 && parameters[0] === TAG.null && parameters[1] === 0;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
