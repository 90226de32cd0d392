import t from 'tap';
import { makeRoot, TestCertificate } from '../../kit/pki.ts';
import { NOW, noteOf } from './ask.ts';
import { issuingDistributionPoint } from './crl-extensions.ts';

const root = makeRoot({ name: 'Root' });
const old = root.intermediate({ cn: 'Issuing' });
const renewed = root.intermediate({ cn: 'Issuing' });
const rootList = root.crl();
const leaf = old.client();
const CA_VERSION = { oid: '1.3.6.1.4.1.311.21.1', value: Uint8Array.of(0x02, 1, 1) };

t.test('a list of the issuer’s own key counts alone', async (t) => {
  const authorities = [root, renewed];
  t.equal(noteOf(leaf, [rootList, renewed.crl(), old.crl()], { authorities }), 'good');
  const other = renewed.crl({ revoked: [leaf.facts.serial] });
  t.equal(noteOf(leaf, [rootList, old.crl(), other], { authorities }), 'good', 'a serial number belongs to a key');
  const runOut = old.crl({ nextUpdate: NOW - 1 });
  t.match(noteOf(leaf, [rootList, runOut, renewed.crl()], { authorities }), /past its nextUpdate/, 'even when run out');
});

t.test('without one, the renewed key of the same authority answers', async (t) => {
  const lists = [rootList, renewed.crl()];
  t.equal(noteOf(leaf, lists, { authorities: [root, renewed] }), 'good', 'certified by the same authority above');
  t.match(noteOf(leaf, lists, { authorities: [root] }), /names another key/, 'one that is not known does not');
  const naming = [rootList, renewed.crl({ revoked: [leaf] })];
  t.equal(noteOf(leaf, naming, { authorities: [root, renewed] }), 'revoked');
  const elsewhere = old.crl({ extensions: [issuingDistributionPoint({ only: 'authorities' })] });
  t.equal(noteOf(leaf, [...lists, elsewhere], { authorities: [root, renewed] }), 'good', 'own list of another scope');
});

t.test('a key for lists only, certified by the issuer itself', async (t) => {
  const signer = new TestCertificate(old, { name: 'Issuing', ca: false, keyUsage: ['cRLSign'] });
  const authorities = [root, signer];
  t.equal(noteOf(leaf, [rootList, signer.crl()], { authorities }), 'good');
  const withdrawn = old.crl({ revoked: [signer], extensions: [issuingDistributionPoint({ only: 'authorities' })] });
  t.match(
    noteOf(leaf, [rootList, signer.crl(), withdrawn], { authorities }),
    /the CRL of CN=Issuing/,
    'if not withdrawn',
  );
});

t.test('the old key certified by the new one, which is in the path', async (t) => {
  const crossed = new TestCertificate(renewed, { name: 'Issuing', ca: true, keyUsage: ['keyCertSign', 'cRLSign'] });
  const below = crossed.client();
  t.equal(noteOf(below, [rootList, renewed.crl()]), 'good');
  t.equal(noteOf(below, [rootList, renewed.crl({ revoked: [below] })]), 'revoked');
});

t.test('who may not sign for it', async (t) => {
  const statusWith = (signer: TestCertificate) =>
    noteOf(leaf, [rootList, signer.crl()], { authorities: [root, signer] });
  t.equal(statusWith(root.intermediate({ cn: 'Issuing' })), 'good', 'a renewed key may');
  const refused = /the CRL of CN=Issuing/;
  t.match(statusWith(root.intermediate({ cn: 'Issuing', keyUsage: ['keyCertSign'] })), refused, 'without cRLSign');
  t.match(statusWith(root.intermediate({ cn: 'Issuing', keyUsage: null })), refused, 'which has to be stated');
  t.match(statusWith(root.intermediate({ cn: 'Issuing', notAfter: NOW - 1000 })), refused, 'expired');
  t.match(statusWith(makeRoot({ name: 'Issuing' })), refused, 'another root that is called the same');
  t.match(statusWith(makeRoot({ name: 'Other' }).intermediate({ cn: 'Issuing' })), refused, 'under another root');
  const withdrawn = root.intermediate({ cn: 'Issuing' });
  const lists = [root.crl({ revoked: [withdrawn] }), withdrawn.crl()];
  t.match(noteOf(leaf, lists, { authorities: [root, withdrawn] }), refused, 'withdrawn by the authority above');
});

t.test('AD CS writes a list for each key', async (t) => {
  const lists = [rootList, renewed.crl({ extensions: [CA_VERSION] })];
  const authorities = [root, renewed];
  t.equal(noteOf(leaf, [rootList, renewed.crl()], { authorities }), 'good', 'another authority’s list answers');
  t.match(noteOf(leaf, lists, { authorities }), /names another key/, 'one with the version of the authority does not');
  t.equal(noteOf(leaf, [...lists, old.crl({ extensions: [CA_VERSION] })], { authorities }), 'good', 'both are needed');
  const versioned = root.intermediate({ cn: 'Issuing', extensions: [CA_VERSION] });
  t.match(
    noteOf(versioned.client(), [rootList, renewed.crl()], { authorities }),
    /names another key/,
    'nor for such one',
  );
});
