import t, { type Test } from 'tap';
import { makeRoot, type TestCertificate } from '../../kit/pki.ts';
import { accepts, askChain, refuses } from './ask.ts';

function acceptsChain(t: Test, leaf: TestCertificate, message: string) {
  accepts(t, askChain(leaf), [leaf, ...leaf.issuers], message);
}

t.test('a client cannot issue for another', async (t) => {
  const root = makeRoot();
  acceptsChain(t, root.intermediate({ cn: 'Alice' }).client(), 'an authority can');
  const alice = root.client({ cn: 'Alice' });
  const admin = alice.client({ cn: 'admin' });
  refuses(t, askChain(admin), ['certificate-invalid', 'basic-constraints', alice], 'a client cannot');
  const silent = root.intermediate({ cn: 'Alice', ca: null });
  refuses(
    t,
    askChain(silent.client()),
    ['certificate-invalid', 'basic-constraints', silent],
    'nor one that says nothing',
  );
});

t.test('a client among the anchors does not become an authority', async (t) => {
  const alice = makeRoot({ name: 'Alice', ca: false, keyUsage: ['digitalSignature'] });
  const admin = alice.client({ cn: 'admin' });
  acceptsChain(t, makeRoot({ name: 'Alice' }).client({ cn: 'admin' }), 'an authority does');
  refuses(t, askChain(admin), ['certificate-invalid', 'basic-constraints', alice], 'refused');
});

t.test('an authority needs keyCertSign where it states a key usage', async (t) => {
  const root = makeRoot();
  acceptsChain(t, root.intermediate({ keyUsage: ['keyCertSign'] }).client(), 'stated');
  acceptsChain(t, root.intermediate({ keyUsage: null }).client(), 'not stated');
  const crlSigner = root.intermediate({ keyUsage: ['cRLSign', 'digitalSignature'] });
  refuses(t, askChain(crlSigner.client()), ['certificate-invalid', 'key-usage', crlSigner], 'an intermediate without');
  const weakRoot = makeRoot({ keyUsage: ['cRLSign'] });
  refuses(t, askChain(weakRoot.client()), ['certificate-invalid', 'key-usage', weakRoot], 'an anchor without');
});

t.test('path length', async (t) => {
  const root = makeRoot({ pathLength: 1 });
  const inner = root.intermediate({ cn: 'Inner', pathLength: 0 });
  acceptsChain(t, inner.client(), 'as long as allowed');
  acceptsChain(t, root.client(), 'shorter');
  const below = inner.intermediate({ cn: 'Below' });
  refuses(t, askChain(below.client()), ['certificate-invalid', 'path-length', inner], 'one authority too many');
  const tooDeep = root.intermediate({ cn: 'One' }).intermediate({ cn: 'Two' });
  refuses(t, askChain(tooDeep.client()), ['certificate-invalid', 'path-length', root], 'counted at the anchor too');
});

t.test('self-issued authorities do not count, a client of its issuer’s name does no harm', async (t) => {
  const root = makeRoot();
  const inner = root.intermediate({ cn: 'Inner', pathLength: 0 });
  const renewed = inner.intermediate({ cn: 'Inner' });
  acceptsChain(t, renewed.client(), 'a new key of the same authority');
  acceptsChain(t, inner.client({ cn: 'Inner' }), 'a leaf that is called like its issuer');
  const other = inner.intermediate({ cn: 'Other' });
  refuses(t, askChain(other.client()), ['certificate-invalid', 'path-length', inner], 'another authority');
});

t.test('old versions', async (t) => {
  const root = makeRoot();
  acceptsChain(t, root.client(), 'version 3');
  const oldLeaf = root.client({ version: 1 });
  refuses(t, askChain(oldLeaf), ['certificate-invalid', 'version', oldLeaf], 'a leaf of version 1');
  const oldAuthority = root.intermediate({ version: 1 });
  refuses(t, askChain(oldAuthority.client()), ['certificate-invalid', 'version', oldAuthority], 'an intermediate');
  acceptsChain(t, makeRoot({ version: 1 }).client(), 'an anchor of version 1 was put there by the operator');
});

t.test('an issuer has a name', async (t) => {
  acceptsChain(t, makeRoot({ subject: [{ type: 'O', value: 'Acme' }] }).client(), 'it has');
  const nameless = makeRoot({ subject: [] });
  refuses(t, askChain(nameless.client()), ['certificate-invalid', 'subject-name', nameless], 'it has none');
});
