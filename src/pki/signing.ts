// How does a key sign? The algorithm that goes with it, and the frame that certificates and CRLs share.

import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { bitString, nullValue, oid, sequence } from '../x509/der-writer.ts';

interface Algorithm {
  readonly der: Uint8Array;
  readonly hash: string | undefined;
}

/** Signs what `writeTbs` writes around the AlgorithmIdentifier: SEQUENCE { tbs, algorithm, signature }. */
export function signStructure(key: KeyObject, writeTbs: (algorithm: Uint8Array) => Uint8Array): Uint8Array {
  const { der, hash } = chooseAlgorithm(key);
  const tbs = writeTbs(der);
  return sequence(tbs, der, bitString(sign(hash, tbs, key)));
}

/** SubjectPublicKeyInfo of a private or public key. */
export function exportSpki(key: KeyObject): Uint8Array {
  const publicKey = key.type === 'public' ? key : createPublicKey(key);
  return new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
}

/** A hash as strong as the key. Throws RangeError for keys that no certificate of ours is signed with. */
function chooseAlgorithm(key: KeyObject): Algorithm {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  switch (curve ?? key.asymmetricKeyType) {
    case 'rsa':
      return { der: sequence(oid('1.2.840.113549.1.1.11'), nullValue()), hash: 'sha256' };
    case 'ed25519':
      return { der: sequence(oid('1.3.101.112')), hash: undefined };
    case 'prime256v1':
      return { der: sequence(oid('1.2.840.10045.4.3.2')), hash: 'sha256' };
    case 'secp384r1':
      return { der: sequence(oid('1.2.840.10045.4.3.3')), hash: 'sha384' };
    case 'secp521r1':
      return { der: sequence(oid('1.2.840.10045.4.3.4')), hash: 'sha512' };
    default:
      throw new RangeError(`cannot sign with a key of type ${curve ?? key.asymmetricKeyType}`);
  }
}
