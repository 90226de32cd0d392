import { generateKeyPairSync } from 'node:crypto';
import t, { type Test } from 'tap';
import { makeRoot, type TestCertificate } from '../../kit/pki.ts';
import { accepts, askChain, refuses } from './ask.ts';

function acceptsChain(t: Test, leaf: TestCertificate, message: string) {
  accepts(t, askChain(leaf), [leaf, ...leaf.issuers], message);
}

t.test('accepted keys', async (t) => {
  for (const key of ['ec', 'p384', 'p521', 'ed25519', 'rsa2048'] as const) {
    acceptsChain(t, makeRoot({ key }).intermediate({ key: 'ec' }).client({ key }), key);
  }
});

t.test('short RSA keys', async (t) => {
  const root = makeRoot();
  const leaf = root.client({ key: 'rsa1024' });
  refuses(t, askChain(leaf), ['certificate-invalid', 'public-key', leaf], 'of the leaf');
  const intermediate = root.intermediate({ key: 'rsa1024' });
  refuses(
    t,
    askChain(intermediate.client()),
    ['certificate-invalid', 'public-key', intermediate],
    'of an intermediate',
  );
  const weakRoot = makeRoot({ key: 'rsa1024' });
  refuses(t, askChain(weakRoot.client()), ['certificate-invalid', 'public-key', weakRoot], 'of the anchor');
  accepts(t, askChain(leaf, { options: { minRsaBits: 1024 } }), [leaf, root], 'where the options allow it');
});

t.test('long RSA keys cost too much', async (t) => {
  const leaf = makeRoot().client({ key: 'rsa2048' });
  const options = { minRsaBits: 1024, maxRsaBits: 2047 };
  acceptsChain(t, leaf, 'up to the limit');
  refuses(t, askChain(leaf, { options }), ['certificate-invalid', 'public-key', leaf], 'beyond it');
});

t.test('curves', async (t) => {
  const keyOn = (namedCurve: string, paramEncoding: 'named' | 'explicit') =>
    generateKeyPairSync('ec', { namedCurve, paramEncoding }).privateKey;
  const root = makeRoot();
  acceptsChain(t, root.client({ key: keyOn('P-256', 'named') }), 'P-256 by name');
  const spelledOut = root.client({ key: keyOn('P-256', 'explicit') });
  t.equal(spelledOut.facts.publicKey.curve, 'explicit', 'the test certificate is what it should be');
  refuses(t, askChain(spelledOut), ['certificate-invalid', 'public-key', spelledOut], 'P-256 spelled out');
  const authority = root.intermediate({ key: keyOn('P-256', 'explicit') });
  refuses(t, askChain(authority.client()), ['certificate-invalid', 'public-key', authority], 'so in an authority');
  const bitcoin = root.client({ key: keyOn('secp256k1', 'named') });
  refuses(t, askChain(bitcoin), ['certificate-invalid', 'public-key', bitcoin], 'another curve');
});

t.test('kinds of keys that are not known', async (t) => {
  const leaf = makeRoot().client({ key: generateKeyPairSync('ed448').privateKey });
  refuses(t, askChain(leaf), ['certificate-invalid', 'public-key', leaf], 'Ed448');
});

t.test('SHA-1', async (t) => {
  for (const key of ['ec', 'rsa2048'] as const) {
    const root = makeRoot({ key });
    acceptsChain(t, root.client({ signatureHash: 'sha256' }), `${key}: SHA-256`);
    const leaf = root.client({ signatureHash: 'sha1' });
    refuses(t, askChain(leaf), ['certificate-invalid', 'algorithm', leaf], `${key}: at the leaf`);
    const intermediate = root.intermediate({ signatureHash: 'sha1' });
    refuses(t, askChain(intermediate.client()), ['certificate-invalid', 'algorithm', intermediate], `${key}: above it`);
    acceptsChain(
      t,
      makeRoot({ key, signatureHash: 'sha1' }).client(),
      `${key}: an anchor’s own signature proves nothing`,
    );
  }
});
