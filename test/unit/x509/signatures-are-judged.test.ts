import { constants, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import t from 'tap';
import type { AlgorithmIdentifier, PublicKeyFacts } from '../../../src/model/certificate.ts';
import { readAlgorithm } from '../../../src/x509/algorithm.ts';
import { readWhole } from '../../../src/x509/der.ts';
import { context, integer, nullValue, oid, sequence } from '../../../src/x509/der-writer.ts';
import { readPublicKey } from '../../../src/x509/public-key.ts';
import { checkSignature, type Signed } from '../../../src/x509/signature.ts';
import { makeKey, makeRoot } from '../../kit/pki.ts';

const TBS = Buffer.from('what is signed');
const SHA = { sha256: '1', sha384: '2', sha512: '3' } as const;
type Hash = keyof typeof SHA;
const HASHES = Object.keys(SHA) as Hash[];
const RSA_OIDS = { sha256: '11', sha384: '12', sha512: '13' } as const;
const ECDSA_OIDS = { sha256: '2', sha384: '3', sha512: '4' } as const;

const facts = (key: KeyObject): PublicKeyFacts =>
  readPublicKey(readWhole(new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' })), 'key'));
const algorithm = (type: string, ...parameters: readonly Uint8Array[]): AlgorithmIdentifier =>
  readAlgorithm(readWhole(sequence(oid(type), ...parameters), 'algorithm'));
const signed = (signatureAlgorithm: AlgorithmIdentifier, signature: Uint8Array, tbs: Uint8Array = TBS): Signed => ({
  tbs,
  signatureAlgorithm,
  signature,
});

const rsa = makeKey('rsa2048');
const ec = makeKey('ec');
const edwards = makeKey('ed25519');

t.test('RSA PKCS#1', async (t) => {
  for (const hash of HASHES) {
    const named = algorithm(`1.2.840.113549.1.1.${RSA_OIDS[hash]}`, nullValue());
    const good = signed(named, sign(hash, TBS, rsa));
    t.equal(checkSignature(good, facts(rsa)), undefined, hash);
    t.equal(checkSignature({ ...good, tbs: Buffer.from('another') }, facts(rsa)), 'signature-wrong');
    t.equal(checkSignature({ ...good, signature: good.signature.subarray(1) }, facts(rsa)), 'signature-wrong');
    t.equal(checkSignature({ ...good, signature: new Uint8Array() }, facts(rsa)), 'signature-wrong');
    t.equal(checkSignature(good, facts(ec)), 'key-mismatch');
    const bare = algorithm(`1.2.840.113549.1.1.${RSA_OIDS[hash]}`);
    t.equal(
      checkSignature({ ...good, signatureAlgorithm: bare }, facts(rsa)),
      undefined,
      'no NULL, which RFC 4055 tolerates',
    );
    const other = algorithm(`1.2.840.113549.1.1.${RSA_OIDS[hash]}`, sequence());
    t.equal(checkSignature({ ...good, signatureAlgorithm: other }, facts(rsa)), 'algorithm-unknown', 'neither');
  }
});

const pss = (hash: Hash, mask: Hash | 'sha1', saltLength: number, hashParameters = true): AlgorithmIdentifier => {
  const ofHash = (name: Hash | 'sha1') =>
    sequence(
      oid(name === 'sha1' ? '1.3.14.3.2.26' : `2.16.840.1.101.3.4.2.${SHA[name]}`),
      ...(hashParameters ? [nullValue()] : []),
    );
  return algorithm(
    '1.2.840.113549.1.1.10',
    sequence(
      context(0, ofHash(hash)),
      context(1, sequence(oid('1.2.840.113549.1.1.8'), ofHash(mask))),
      context(2, integer(saltLength)),
    ),
  );
};
const signPss = (hash: string, saltLength: number) =>
  sign(hash, TBS, { key: rsa, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });

t.test('RSA-PSS', async (t) => {
  for (const [hash, length] of [
    ['sha256', 32],
    ['sha384', 48],
    ['sha512', 64],
  ] as const) {
    const good = signed(pss(hash, hash, length), signPss(hash, length));
    t.equal(checkSignature(good, facts(rsa)), undefined, hash);
    t.equal(checkSignature({ ...good, tbs: Buffer.from('another') }, facts(rsa)), 'signature-wrong');
    t.equal(checkSignature(good, facts(ec)), 'key-mismatch');
    t.equal(
      checkSignature({ ...good, signature: sign(hash, TBS, rsa) }, facts(rsa)),
      'signature-wrong',
      'PKCS#1 inside',
    );
  }
  t.equal(checkSignature(signed(pss('sha256', 'sha256', 32, false), signPss('sha256', 32)), facts(rsa)), undefined);
  t.equal(checkSignature(signed(pss('sha256', 'sha256', 64), signPss('sha256', 64)), facts(rsa)), undefined);
  const good = signPss('sha256', 32);
  const fault = (named: AlgorithmIdentifier) => checkSignature(signed(named, good), facts(rsa));
  t.equal(fault(pss('sha256', 'sha256', 33)), 'signature-wrong', 'another salt length than the one said');
  t.equal(fault(pss('sha256', 'sha384', 32)), 'algorithm-unknown', 'another hash in the mask');
  t.equal(fault(pss('sha256', 'sha1', 32)), 'algorithm-weak');
  t.equal(fault(pss('sha256', 'sha256', 31)), 'algorithm-unknown', 'short salt');
  t.equal(fault(pss('sha256', 'sha256', 513)), 'algorithm-unknown', 'endless salt');
  t.equal(fault(algorithm('1.2.840.113549.1.1.10', sequence())), 'algorithm-weak', 'the defaults are SHA-1');
  t.equal(fault(algorithm('1.2.840.113549.1.1.10')), 'algorithm-unknown');
  t.equal(fault(algorithm('1.2.840.113549.1.1.10', nullValue())), 'algorithm-unknown');
  t.equal(fault(algorithm('1.2.840.113549.1.1.10', sequence(context(3, integer(1))))), 'algorithm-unknown', 'trailer');
});

t.test('ECDSA', async (t) => {
  for (const kind of ['ec', 'p384', 'p521'] as const) {
    for (const hash of HASHES) {
      const key = makeKey(kind);
      const good = signed(algorithm(`1.2.840.10045.4.3.${ECDSA_OIDS[hash]}`), sign(hash, TBS, key));
      t.equal(checkSignature(good, facts(key)), undefined, `${kind} ${hash}`);
      t.equal(checkSignature(good, facts(makeKey(kind))), 'signature-wrong', 'another key');
      t.equal(checkSignature({ ...good, tbs: Buffer.from('another') }, facts(key)), 'signature-wrong');
    }
  }
  const good = signed(algorithm('1.2.840.10045.4.3.2'), sign('sha256', TBS, ec));
  t.equal(checkSignature(good, facts(ec)), undefined);
  t.equal(checkSignature(good, facts(rsa)), 'key-mismatch');
  const otherCurve = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
  t.equal(checkSignature({ ...good, signature: sign('sha256', TBS, otherCurve) }, facts(otherCurve)), 'key-mismatch');
  const named = algorithm('1.2.840.10045.4.3.2', nullValue());
  t.equal(checkSignature({ ...good, signatureAlgorithm: named }, facts(ec)), 'algorithm-unknown', 'NULL');
  const fault = (signature: Uint8Array) => checkSignature({ ...good, signature }, facts(ec));
  t.equal(fault(Buffer.concat([good.signature, nullValue()])), 'signature-wrong', 'octets behind');
  t.equal(fault(sign('sha256', TBS, { key: ec, dsaEncoding: 'ieee-p1363' })), 'signature-wrong', 'not DER');
  t.equal(fault(sequence(integer(0), integer(1))), 'signature-wrong');
  t.equal(fault(sequence(integer(1), integer(1), integer(1))), 'signature-wrong');
  t.equal(fault(new Uint8Array()), 'signature-wrong');
});

t.test('Ed25519', async (t) => {
  const good = signed(algorithm('1.3.101.112'), sign(undefined, TBS, edwards));
  t.equal(checkSignature(good, facts(edwards)), undefined);
  t.equal(checkSignature(good, facts(ec)), 'key-mismatch');
  t.equal(checkSignature({ ...good, tbs: Buffer.from('another') }, facts(edwards)), 'signature-wrong');
  t.equal(checkSignature({ ...good, signature: good.signature.subarray(1) }, facts(edwards)), 'signature-wrong');
  t.equal(
    checkSignature({ ...good, signatureAlgorithm: algorithm('1.3.101.112', nullValue()) }, facts(edwards)),
    'algorithm-unknown',
  );
});

t.test('weak and unknown algorithms', async (t) => {
  for (const type of ['1.2.840.113549.1.1.4', '1.2.840.113549.1.1.5', '1.3.14.3.2.29']) {
    t.equal(
      checkSignature(signed(algorithm(type, nullValue()), sign('sha1', TBS, rsa)), facts(rsa)),
      'algorithm-weak',
      type,
    );
  }
  t.equal(checkSignature(signed(algorithm('1.2.840.10045.4.1'), sign('sha1', TBS, ec)), facts(ec)), 'algorithm-weak');
  t.equal(
    checkSignature(signed(algorithm('1.3.101.113'), sign(undefined, TBS, edwards)), facts(edwards)),
    'algorithm-unknown',
  );
  t.equal(checkSignature(signed(algorithm('1.2.3'), sign('sha256', TBS, ec)), facts(ec)), 'algorithm-unknown');
});

t.test('a key that OpenSSL refuses', async (t) => {
  const good = signed(algorithm('1.2.840.10045.4.3.2'), sign('sha256', TBS, ec));
  t.equal(checkSignature(good, facts(ec)), undefined);
  const spki = new Uint8Array(facts(ec).spki);
  spki.fill(1, -32);
  t.equal(checkSignature(good, readPublicKey(readWhole(spki, 'key'))), 'key-mismatch');
});

t.test('certificates and CRLs of the kit', async (t) => {
  for (const kind of ['ec', 'p384', 'rsa2048', 'ed25519'] as const) {
    const root = makeRoot({ key: kind });
    t.equal(checkSignature(root.facts, root.facts.publicKey), undefined, `${kind} root`);
    t.equal(checkSignature(root.client().facts, root.facts.publicKey), undefined, `${kind} client`);
    t.equal(checkSignature(root.crl().facts, root.facts.publicKey), undefined, `${kind} CRL`);
  }
  const root = makeRoot();
  t.equal(checkSignature(root.client({ signatureHash: 'sha1' }).facts, root.facts.publicKey), 'algorithm-weak');
  t.equal(checkSignature(root.client({ signWith: makeKey('ec') }).facts, root.facts.publicKey), 'signature-wrong');
  t.equal(checkSignature(root.crl({ signWith: makeKey('ec') }).facts, root.facts.publicKey), 'signature-wrong');
  t.ok(createPrivateKey(root.keyPem).equals(root.key));
});
