// Target: algorithm, signature and key by themselves. What is signed stays as it is.

import { constants, type KeyObject, sign } from 'node:crypto';
import { exportSpki } from '../../../src/pki/signing.ts';
import { readAlgorithm } from '../../../src/x509/algorithm.ts';
import { inside, readWhole, TAG } from '../../../src/x509/der.ts';
import { readBitOctets } from '../../../src/x509/der-values.ts';
import { bitString, context, integer, nullValue, oid, sequence } from '../../../src/x509/der-writer.ts';
import { readPublicKey } from '../../../src/x509/public-key.ts';
import { checkSignature } from '../../../src/x509/signature.ts';
import { makeKey } from '../../kit/pki.ts';
import { readOrRefuse } from '../invariants.ts';
import { mustBe, type Target } from '../target.ts';

const TBS = Buffer.from('what is signed');

const RSA = sequence(oid('1.2.840.113549.1.1.1'), nullValue());
const SHA256_RSA = sequence(oid('1.2.840.113549.1.1.11'), nullValue());
const SHA512_RSA = sequence(oid('1.2.840.113549.1.1.13'), nullValue());
const SHA256 = sequence(oid('2.16.840.1.101.3.4.2.1'), nullValue());
const MGF1 = sequence(oid('1.2.840.113549.1.1.8'), SHA256);
const PSS = sequence(
  oid('1.2.840.113549.1.1.10'),
  sequence(context(0, SHA256), context(1, MGF1), context(2, integer(32))),
);
const ECDSA = ['2', '3', '4'].map((hash) => sequence(oid(`1.2.840.10045.4.3.${hash}`)));
const ED25519 = sequence(oid('1.3.101.112'));

interface Parts {
  readonly algorithm: Uint8Array;
  readonly signature: Uint8Array;
  readonly spki: Uint8Array;
}

function signedWith(key: KeyObject, algorithm: Uint8Array, hash: string | undefined, isPss = false): Parts {
  const pss = isPss ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {};
  return { algorithm, signature: sign(hash, TBS, { key, ...pss }), spki: exportSpki(key) };
}

function makeSigned(): Parts[] {
  const rsa = makeKey('rsa2048');
  return [
    signedWith(rsa, SHA256_RSA, 'sha256'),
    signedWith(rsa, SHA512_RSA, 'sha512'),
    signedWith(rsa, PSS, 'sha256', true),
    signedWith(makeKey('rsa1024'), SHA256_RSA, 'sha256'),
    ...ECDSA.map((algorithm, index) => {
      const hash = (['sha256', 'sha384', 'sha512'] as const)[index];
      return signedWith(makeKey((['ec', 'p384', 'p521'] as const)[index] ?? 'ec'), algorithm, hash);
    }),
    signedWith(makeKey('ed25519'), ED25519, undefined),
  ];
}

/** Keys that nobody should have, under signatures of a fitting length. */
function makeForged(): Parts[] {
  const moduli = ['03', '0105', 'ff'.repeat(31), `80${'00'.repeat(255)}`, 'ff'.repeat(1024), 'ff'.repeat(2048)];
  return moduli.flatMap((hex) => {
    const modulus = Buffer.from(hex, 'hex');
    const spki = sequence(RSA, bitString(sequence(integer(modulus), integer(3))));
    return [SHA256_RSA, SHA512_RSA, PSS].map((algorithm) => ({
      algorithm,
      signature: Buffer.alloc(modulus.length, 1),
      spki,
    }));
  });
}

export function signatureTarget(): Target {
  const signed = makeSigned();
  const toSeed = ({ algorithm, signature, spki }: Parts) => sequence(algorithm, bitString(signature), spki);
  return {
    name: 'signature',
    shape: 'der',
    maxBytes: 70_000,
    seeds: [...signed, ...makeForged()].map(toSeed),
    run: (input) =>
      readOrRefuse(
        () =>
          inside(readWhole(input, 'parts', TAG.sequence), (fields) => ({
            algorithm: readAlgorithm(fields.read('algorithm', TAG.sequence)),
            signature: readBitOctets(fields.read('signature', TAG.bitString)),
            key: readPublicKey(fields.read('key', TAG.sequence)),
          })),
        ({ algorithm, signature, key }) => {
          const fault = checkSignature({ tbs: TBS, signatureAlgorithm: algorithm, signature }, key);
          const isGenuine = signed.some(
            (parts) => Buffer.compare(parts.signature, signature) === 0 && Buffer.compare(parts.spki, key.spki) === 0,
          );
          mustBe(fault !== undefined || isGenuine, 'only what was signed has a right signature');
          return `${key.kind} ${key.curve} ${algorithm.oid.length} ${fault}`;
        },
      ),
  };
}
