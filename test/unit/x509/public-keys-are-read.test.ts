import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import t from 'tap';
import { parseCertificate } from '../../../src/x509/certificate.ts';
import { bitString, integer, nullValue, oid, sequence } from '../../../src/x509/der-writer.ts';
import { makeKey } from '../../kit/pki.ts';
import { rawCertificate } from '../../kit/raw-certificate.ts';

const read = (spki: Uint8Array) => parseCertificate(rawCertificate({ spki })).publicKey;
const exported = (key: KeyObject) => new Uint8Array(key.export({ format: 'der', type: 'spki' }));
const EC = oid('1.2.840.10045.2.1');
const P256 = oid('1.2.840.10045.3.1.7');
const RSA = sequence(oid('1.2.840.113549.1.1.1'), nullValue());

t.test('kinds, sizes and curves', async (t) => {
  const curves = [
    ['P-256', 'prime256v1', 256],
    ['P-384', 'secp384r1', 384],
    ['P-521', 'secp521r1', 521],
    ['secp256k1', 'secp256k1', 256],
    ['brainpoolP256r1', 'brainpoolP256r1', 256],
  ] as const;
  for (const [namedCurve, curve, bits] of curves) {
    t.match(read(exported(generateKeyPairSync('ec', { namedCurve }).publicKey)), { kind: 'ec', curve, bits });
  }
  const explicit = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).publicKey;
  t.match(read(exported(explicit)), { kind: 'ec', curve: 'explicit', bits: 256 });
  t.match(read(exported(generateKeyPairSync('ed25519').publicKey)), { kind: 'ed25519', bits: 0, curve: undefined });
  t.match(read(exported(generateKeyPairSync('ed448').publicKey)), { kind: 'ed448', bits: 0 });
  t.match(read(exported(generateKeyPairSync('x25519').publicKey)), { kind: 'other', bits: 0 });
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  t.match(read(exported(publicKey)), { kind: 'rsa', bits: 1024, curve: undefined });
  const odd = sequence(RSA, bitString(sequence(integer(2n ** 1000n + 1n), integer(3))));
  t.equal(read(odd).bits, 1001, 'the top bit counts, not the octets');
});

t.test('the key object is made once, and only when asked for', async (t) => {
  const facts = read(exported(generateKeyPairSync('ed25519').publicKey));
  t.equal(facts.key(), facts.key());
  t.equal(facts.key().asymmetricKeyType, 'ed25519');
  t.match(facts.spkiHash, /^[0-9a-f]{64}$/);
  const offCurve = read(
    sequence(sequence(EC, P256), bitString(Buffer.concat([Uint8Array.of(4), Buffer.alloc(64, 1)]))),
  );
  t.throws(() => offCurve.key(), 'OpenSSL says so, at use');
});

t.test('broken keys', async (t) => {
  const rsa = (modulus: number | bigint, exponent: number | bigint, algorithm = RSA) =>
    sequence(algorithm, bitString(sequence(integer(modulus), integer(exponent))));
  const point = (first: number, length: number, curve = P256) =>
    sequence(sequence(EC, curve), bitString(Buffer.concat([Uint8Array.of(first), new Uint8Array(length - 1)])));
  t.doesNotThrow(() => read(rsa(2n ** 1023n + 1n, 65537)));
  t.doesNotThrow(() => read(point(4, 65)));
  t.doesNotThrow(() => read(point(4, 97, oid('1.2.3'))), 'of a curve nobody knows');
  const table: [Uint8Array, RegExp][] = [
    [rsa(2n ** 1023n + 1n, 1), /unfit RSA exponent/],
    [rsa(2n ** 1023n + 1n, 4), /unfit RSA exponent/],
    [rsa(2n ** 1023n + 1n, 2n ** 257n + 1n), /unfit RSA exponent/],
    [rsa(0, 3), /modulus: INTEGER is zero/],
    [rsa(9, 3, sequence(oid('1.2.840.113549.1.1.1'))), /RSA parameters are missing/],
    [rsa(9, 3, sequence(oid('1.2.840.113549.1.1.1'), integer(1))), /parameters: tag 0x02 instead of 0x05/],
    [sequence(RSA, bitString(Uint8Array.of(1, 2, 3))), /subjectPublicKey/],
    [point(4, 64), /broken curve point/],
    [point(4, 97), /point of another curve/],
    [point(6, 65), /broken curve point/],
    [point(0, 1), /broken curve point/],
    [point(2, 33), /compressed curve point/],
    [point(3, 33), /compressed curve point/],
    [point(4, 65, nullValue()), /parameters: tag 0x05 instead of 0x06/],
    [sequence(sequence(EC), bitString(Uint8Array.of(4, 1, 1))), /no curve/],
    [sequence(sequence(oid('1.3.101.112')), bitString(new Uint8Array(31))), /key of a wrong length/],
    [
      sequence(sequence(oid('1.3.101.112'), nullValue()), bitString(new Uint8Array(32))),
      /parameters where none belong/,
    ],
    [sequence(sequence(oid('1.2.3')), bitString(Uint8Array.of(2), 1)), /not a whole number of octets/],
  ];
  for (const [spki, message] of table) t.throws(() => read(spki), { name: 'Malformed', message });
});

t.test('a new key each time but for RSA', async (t) => {
  t.notOk(makeKey('ec').equals(makeKey('ec')));
  t.equal(makeKey('rsa1024'), makeKey('rsa1024'));
});
