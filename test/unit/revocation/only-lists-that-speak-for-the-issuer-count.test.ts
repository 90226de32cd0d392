import t from 'tap';
import { createCrlStore } from '../../../src/revocation/crl-store.ts';
import { describeLists } from '../../../src/revocation/describe-lists.ts';
import { makeKey, makeRoot, type TestExtension } from '../../kit/pki.ts';
import { DAY_MS, NOW, noteOf } from './ask.ts';

const NULL = Uint8Array.of(0x05, 0x00);

const root = makeRoot({ name: 'Root' });
const leaf = root.client();

t.test('signed by another key under the same name', async (t) => {
  t.equal(noteOf(leaf, [root.crl()]), 'good', 'the issuer’s own counts');
  const forged = root.crl({ signWith: makeKey('ec') });
  t.match(noteOf(leaf, [forged]), /^the CRL of CN=Root is not signed by the issuer’s key/, 'a forged one does not');
  const namesake = makeRoot({ name: 'Root' });
  t.match(noteOf(leaf, [namesake.crl()]), /^the CRL of CN=Root names another key/, 'nor that of a namesake');
  const silent = namesake.crl({ authorityKeyId: null });
  t.match(noteOf(leaf, [silent]), /is not signed by the issuer’s key/, 'which does not name its key');
  t.equal(noteOf(leaf, [namesake.crl(), root.crl({ revoked: [leaf] }), silent]), 'revoked', 'both are told apart');
});

t.test('the result of a signature is kept for each key', async (t) => {
  const key = makeKey('ec');
  const crl = root.crl({ authorityKeyId: null, signWith: key });
  const store = createCrlStore({ crls: [crl.facts], authorities: [root.facts] });
  const other = makeRoot({ name: 'Root', key });
  const statusUnder = async (issuer: typeof root) =>
    (await store.answersFor([leaf.facts, issuer.facts], Date.now(), 0))[0]?.status;
  for (const round of [1, 2]) {
    t.equal(await statusUnder(root), 'unknown', `round ${round}: not the key that signed it`);
    t.equal(await statusUnder(other), 'good', `round ${round}: the key that signed it`);
  }
});

t.test('an issuer that may not sign lists', async (t) => {
  const silent = makeRoot({ name: 'Root', keyUsage: null });
  t.equal(noteOf(silent.client(), [silent.crl()]), 'good', 'no key usage stated');
  const issuer = makeRoot({ name: 'Root', keyUsage: ['keyCertSign'] });
  t.match(noteOf(issuer.client(), [issuer.crl()]), /key usage lacks cRLSign/, 'a key usage without cRLSign');
});

t.test('SHA-1', async (t) => {
  t.match(noteOf(leaf, [root.crl({ signatureHash: 'sha1' })]), /algorithm-weak/);
});

t.test('extensions of the list', async (t) => {
  const noteWith = (extension: TestExtension) => noteOf(leaf, [root.crl({ extensions: [extension] })]);
  t.equal(noteWith({ oid: '1.2.3.4', value: NULL }), 'good', 'unknown and not critical');
  t.match(noteWith({ oid: '1.2.3.4', critical: true, value: NULL }), /unknown critical extension 1\.2\.3\.4/);
  const indirect = Uint8Array.of(0x30, 3, 0x84, 1, 0xff);
  t.match(noteWith({ oid: '2.5.29.28', critical: true, value: indirect }), /is an indirect one/);
  t.match(noteWith({ oid: '2.5.29.28', value: indirect }), /is an indirect one/, 'also when it is not critical');
});

t.test('extensions of entries', async (t) => {
  const noteWith = (extension: TestExtension) =>
    noteOf(leaf, [root.crl({ revoked: [{ serial: '01', extensions: [extension] }] })]);
  t.equal(noteWith({ oid: '1.2.3.4', value: NULL }), 'good', 'unknown and not critical');
  t.match(noteWith({ oid: '1.2.3.4', critical: true, value: NULL }), /entries with the critical extension 1\.2\.3\.4/);
});

t.test('removeFromCRL belongs into deltas', async (t) => {
  const { serial } = leaf.facts;
  t.equal(noteOf(leaf, [root.crl({ revoked: [{ serial, reason: 'certificateHold' }] })]), 'revoked', 'on hold');
  t.match(
    noteOf(leaf, [root.crl({ revoked: [{ serial, reason: 'removeFromCRL' }] })]),
    /removeFromCRL/,
    'taken off it',
  );
});

t.test('the operator is told which lists count, and why others do not', async (t) => {
  const describe = async (crl: ReturnType<typeof root.crl>, authorities = [root], at = NOW) =>
    (
      await describeLists(
        [crl.facts],
        authorities.map(({ facts }) => facts),
        at,
      )
    )[0];
  const sound = root.crl({ number: 7, thisUpdate: NOW - DAY_MS, nextUpdate: NOW + DAY_MS, revoked: ['01', '02'] });
  const { spkiHash } = root.facts.publicKey;
  t.match(await describe(sound), {
    issuer: 'CN=Root',
    fingerprint: /^[0-9a-f]{64}$/,
    number: 7n,
    isDelta: false,
    thisUpdate: NOW - DAY_MS,
    end: NOW + DAY_MS,
    entries: 2,
    signer: spkiHash,
    problem: undefined,
  });
  const namesakes = [makeRoot({ name: 'Root' }), root];
  t.match(await describe(sound, namesakes), { signer: spkiHash, problem: undefined }, 'one of two namesakes is enough');
  t.match(await describe(sound, []), { signer: undefined, problem: /no authority of the trust store/ });
  t.match(await describe(root.crl({ signWith: makeKey('ec') })), { signer: undefined, problem: /is not signed/ });
  t.match(await describe(sound, [root], NOW + 2 * DAY_MS), { signer: spkiHash, problem: 'has run out' });
  t.match(await describe(sound, [root], NOW - 2 * DAY_MS), { problem: 'is from the future' });
  const critical = { oid: '1.2.3.4', critical: true, value: NULL };
  t.match(await describe(root.crl({ extensions: [critical] })), { signer: spkiHash, problem: /unknown critical/ });
});
