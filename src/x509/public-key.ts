// Which public key is this? SubjectPublicKeyInfo (RFC 5280 4.1.2.7, RFC 3279 2.3.1, RFC 5480 2, RFC 8410 3).

import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import type { AlgorithmIdentifier, PublicKeyFacts } from '../model/certificate.ts';
import { readAlgorithm } from './algorithm.ts';
import { derOf, type Element, expectTag, inside, readWhole, TAG } from './der.ts';
import { checkNull, readBitOctets, readOid, readPositiveOctets } from './der-values.ts';
import { Malformed } from './malformed.ts';

type Shape = Pick<PublicKeyFacts, 'kind' | 'bits' | 'curve'>;

/** Named curves by OID: OpenSSL's name and the bits of the field. */
const CURVES: ReadonlyMap<string, { readonly name: string; readonly bits: number }> = new Map([
  ['1.2.840.10045.3.1.1', { name: 'prime192v1', bits: 192 }],
  ['1.3.132.0.33', { name: 'secp224r1', bits: 224 }],
  ['1.2.840.10045.3.1.7', { name: 'prime256v1', bits: 256 }],
  ['1.3.132.0.10', { name: 'secp256k1', bits: 256 }],
  ['1.3.132.0.34', { name: 'secp384r1', bits: 384 }],
  ['1.3.132.0.35', { name: 'secp521r1', bits: 521 }],
  ['1.3.36.3.3.2.8.1.1.7', { name: 'brainpoolP256r1', bits: 256 }],
  ['1.3.36.3.3.2.8.1.1.11', { name: 'brainpoolP384r1', bits: 384 }],
  ['1.3.36.3.3.2.8.1.1.13', { name: 'brainpoolP512r1', bits: 512 }],
]);

/** FIPS 186-5 5.4: e is odd and below 2^256. Larger ones only cost time; 1 makes every signature right. */
const MAX_RSA_EXPONENT_OCTETS = 32;

type ShapeReader = (algorithm: AlgorithmIdentifier, key: Element) => Shape;

const KINDS: ReadonlyMap<string, ShapeReader> = new Map<string, ShapeReader>([
  ['1.2.840.113549.1.1.1', readRsa],
  ['1.2.840.10045.2.1', readEc],
  ['1.3.101.112', (algorithm, key) => readEdwards(algorithm, key, 'ed25519', 32)],
  ['1.3.101.113', (algorithm, key) => readEdwards(algorithm, key, 'ed448', 57)],
]);

export function readPublicKey(element: Element): PublicKeyFacts {
  return inside(element, (fields) => {
    const algorithm = readAlgorithm(fields.read('algorithm', TAG.sequence));
    const key = fields.read('subjectPublicKey', TAG.bitString);
    const readShape = KINDS.get(algorithm.oid);
    readBitOctets(key);
    const shape: Shape = readShape?.(algorithm, key) ?? { kind: 'other', bits: 0, curve: undefined };
    const spki = derOf(element);
    return { algorithm, spki, spkiHash: hash('sha256', spki, 'hex'), ...shape, key: keepKey(spki) };
  });
}

function keepKey(spki: Uint8Array): () => KeyObject {
  let key: KeyObject | undefined;
  return () => {
    key ??= makeKey(spki);
    return key;
  };
}

/** Only OpenSSL knows whether a point is on its curve. */
function makeKey(spki: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    throw new Malformed('subjectPublicKeyInfo', 'a key that cannot be used');
  }
}

/** RFC 3279 2.3.1: parameters NULL, RSAPublicKey inside the bits. */
function readRsa(algorithm: AlgorithmIdentifier, element: Element): Shape {
  if (algorithm.parameters === undefined) throw new Malformed(element.where, 'RSA parameters are missing');
  checkNull(readWhole(algorithm.parameters, `${element.where}.parameters`, TAG.null));
  const sequence = readWhole(readBitOctets(element), element.where, TAG.sequence);
  return inside(sequence, (fields) => {
    const modulus = readPositiveOctets(fields.read('modulus', TAG.integer));
    const exponent = readPositiveOctets(fields.read('publicExponent', TAG.integer));
    const isOne = exponent.length === 1 && exponent[0] === 1;
    if (isOne || ((exponent.at(-1) ?? 0) & 1) === 0 || exponent.length > MAX_RSA_EXPONENT_OCTETS) {
      throw new Malformed(element.where, 'unfit RSA exponent');
    }
    return { kind: 'rsa', bits: modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24, curve: undefined };
  });
}

/**
 * RFC 5480 2.1.1 and 2.2: a named curve, an uncompressed point. The compressed form is optional there, and would give a key
 * another hash: whoever has a key that is blocked could come with it.
 */
function readEc(algorithm: AlgorithmIdentifier, element: Element): Shape {
  const point = readBitOctets(element);
  if (point[0] === 2 || point[0] === 3) throw new Malformed(element.where, 'compressed curve point');
  if (point[0] !== 4 || point.length % 2 === 0) throw new Malformed(element.where, 'broken curve point');
  const fieldOctets = (point.length - 1) / 2;
  if (algorithm.parameters === undefined) throw new Malformed(element.where, 'no curve');
  const parameters = readWhole(algorithm.parameters, `${element.where}.parameters`);
  if (parameters.tag === TAG.sequence) return { kind: 'ec', bits: fieldOctets * 8, curve: 'explicit' };
  const oid = readOid(expectTag(parameters, TAG.oid));
  const curve = CURVES.get(oid);
  if (curve === undefined) return { kind: 'ec', bits: fieldOctets * 8, curve: oid };
  if (fieldOctets !== Math.ceil(curve.bits / 8)) throw new Malformed(element.where, 'point of another curve');
  return { kind: 'ec', bits: curve.bits, curve: curve.name };
}

/** RFC 8410 3: no parameters. */
function readEdwards(
  algorithm: AlgorithmIdentifier,
  element: Element,
  kind: 'ed25519' | 'ed448',
  octets: number,
): Shape {
  if (algorithm.parameters !== undefined) throw new Malformed(element.where, 'parameters where none belong');
  if (readBitOctets(element).length !== octets) throw new Malformed(element.where, 'key of a wrong length');
  return { kind, bits: 0, curve: undefined };
}
