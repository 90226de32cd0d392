// Which certificates lead to an account or to a block, and which that look like them do not.

import t, { type Test } from 'tap';
import { createLookUp, type LookUp } from '../../../src/directory/look-up.ts';
import type { CertificateFacts } from '../../../src/model/certificate.ts';
import type { Block, BlockMatch, Credential, CredentialMatch } from '../../../src/model/client.ts';
import { checkSignature } from '../../../src/x509/signature.ts';
import { malleate } from '../../kit/malleate.ts';
import { makeRoot, type TestCertificate } from '../../kit/pki.ts';

const NOTHING = { removals: [], accounts: [], credentials: [], blocks: [] };

function accountOf(name: string) {
  const times = { createdAt: 0, changedAt: 0, validFrom: undefined, validUntil: undefined };
  return { name, displayName: '', kind: 'person', roles: [], enabled: true, notes: '', ...times } as const;
}

function credentialOf(id: string, account: string, match: CredentialMatch): Credential {
  const none = { fingerprint: undefined, lastSeenAt: undefined };
  return { id, account, match, issuerName: '', label: '', createdAt: 0, ...none };
}

function blockOf(id: string, match: BlockMatch): Block {
  return { id, match, reason: 'lost', until: undefined, createdAt: 0, createdBy: 'tester' };
}

function lookUpWith(parts: { credentials?: readonly Credential[]; blocks?: readonly Block[] }): LookUp {
  const { credentials = [], blocks = [] } = parts;
  const lookUp = createLookUp();
  lookUp.apply([{ ...NOTHING, accounts: [accountOf('alice'), accountOf('bob')], credentials, blocks }]);
  return lookUp;
}

const root = makeRoot();
const client = root.client({ serial: '0A1B' });
const key = (certificate: TestCertificate) => certificate.facts.publicKey.spkiHash;
const issuerSpki = key(root);

/** Every way to name the client's certificate. */
const MATCHES: Readonly<Record<string, CredentialMatch>> = {
  'issuer and serial number': { kind: 'issuer-serial', issuerSpki, serial: '0A1B' },
  key: { kind: 'spki', spki: key(client) },
  'signed content': { kind: 'tbs', tbs: client.facts.tbsHash },
  fingerprint: { kind: 'fingerprint', fingerprint: client.facts.fingerprint },
};

const blocksOf = (lookUp: LookUp, leaf: CertificateFacts, issuer = issuerSpki) =>
  lookUp.find(leaf, issuer).blocks.map(({ id }) => id);

for (const [name, match] of Object.entries(MATCHES)) {
  t.test(`a certificate is known by its ${name}`, async (t) => {
    const lookUp = lookUpWith({ credentials: [credentialOf('c1', 'alice', match)] });
    t.match(lookUp.find(client.facts, issuerSpki), {
      account: { name: 'alice' },
      credential: { id: 'c1' },
      blocks: [],
    });
    t.equal(lookUp.find(root.client({ serial: '0A1C' }).facts, issuerSpki).account, undefined, 'another is not');
  });
}

t.test('the same serial number under another key never matches, whatever the issuer’s name', async (t) => {
  const lookUp = lookUpWith({
    credentials: [credentialOf('c1', 'alice', MATCHES['issuer and serial number'] as CredentialMatch)],
    blocks: [blockOf('b1', { kind: 'issuer-serial', issuerSpki, serial: '0A1B' })],
  });
  const twin = makeRoot();
  const imposter = twin.client({ serial: '0A1B' });
  t.strictSame(imposter.facts.issuer.der, client.facts.issuer.der, 'the names are the same');
  t.match(lookUp.find(client.facts, issuerSpki), { account: { name: 'alice' }, blocks: [{ id: 'b1' }] });
  t.match(lookUp.find(imposter.facts, key(twin)), { account: undefined, blocks: [] });
});

t.test('an issuer that was renewed with its key is the same issuer', async (t) => {
  const lookUp = lookUpWith({
    credentials: [credentialOf('c1', 'alice', MATCHES['issuer and serial number'] as CredentialMatch)],
  });
  const renewed = makeRoot({ key: root.key, name: 'Test Root 2' });
  const later = renewed.client({ serial: '0A1B' });
  t.match(lookUp.find(later.facts, key(renewed)), { account: { name: 'alice' } });
});

function checkMalleated(t: Test, malleated: CertificateFacts): void {
  t.equal(checkSignature(malleated, root.facts.publicKey), undefined, 'its signature verifies');
  t.not(malleated.fingerprint, client.facts.fingerprint);
}

for (const [name, match] of Object.entries(MATCHES)) {
  if (match.kind === 'fingerprint') continue;
  t.test(`a certificate blocked by its ${name} is blocked with a malleated signature, too`, async (t) => {
    const lookUp = lookUpWith({ blocks: [blockOf('b1', match)] });
    const malleated = malleate(client.facts);
    checkMalleated(t, malleated);
    t.strictSame(blocksOf(lookUp, client.facts), ['b1']);
    t.strictSame(blocksOf(lookUp, malleated), ['b1']);
    t.strictSame(blocksOf(lookUpWith({}), malleated), [], 'without the block it is not');
  });
}

t.test('an account known by a fingerprint stays known when the signature is malleated', async (t) => {
  const lookUp = lookUpWith({
    credentials: [credentialOf('c1', 'alice', MATCHES.fingerprint as CredentialMatch)],
    blocks: [blockOf('b1', { kind: 'account', account: 'alice' })],
  });
  const malleated = malleate(client.facts);
  checkMalleated(t, malleated);
  t.match(
    lookUp.find(malleated, issuerSpki),
    { account: undefined, blocks: [] },
    'nobody has seen the certificate yet',
  );
  t.match(lookUp.find(client.facts, issuerSpki), { account: { name: 'alice' }, credential: { unbound: true } });
  t.match(lookUp.find(malleated, issuerSpki), { account: { name: 'alice' }, blocks: [{ id: 'b1' }] });
});

t.test('a block of an account holds for all its certificates, and for accounts that mappings name', async (t) => {
  const lookUp = lookUpWith({
    credentials: [
      credentialOf('c1', 'alice', { kind: 'spki', spki: key(client) }),
      credentialOf('c2', 'bob', { kind: 'issuer-serial', issuerSpki, serial: '0B' }),
    ],
    blocks: [
      blockOf('b1', { kind: 'account', account: 'alice' }),
      blockOf('b2', { kind: 'account', account: 'mapped' }),
    ],
  });
  t.strictSame(blocksOf(lookUp, client.facts), ['b1']);
  t.strictSame(blocksOf(lookUp, root.client({ serial: '0B' }).facts), []);
  t.match(lookUp.findAccount('alice'), { account: { name: 'alice' }, blocks: [{ id: 'b1' }] });
  t.match(lookUp.findAccount('mapped'), { account: undefined, blocks: [{ id: 'b2' }] });
});

t.test('several blocks of one certificate end one by one', async (t) => {
  const match = { kind: 'spki', spki: key(client) } as const;
  const lookUp = lookUpWith({ blocks: [blockOf('b1', match), blockOf('b2', match)] });
  t.strictSame(blocksOf(lookUp, client.facts), ['b1', 'b2']);
  lookUp.apply([{ ...NOTHING, removals: [{ kind: 'block', id: 'b1' }] }]);
  t.strictSame(blocksOf(lookUp, client.facts), ['b2']);
  lookUp.apply([{ ...NOTHING, removals: [{ kind: 'block', id: 'b2' }] }]);
  t.strictSame(blocksOf(lookUp, client.facts), []);
  t.equal(lookUp.sizes.blocks, 0);
});

t.test('what changes or goes leaves nothing behind', async (t) => {
  const byKey = credentialOf('c1', 'alice', { kind: 'spki', spki: key(client) });
  const lookUp = lookUpWith({ credentials: [byKey] });
  t.ok(lookUp.find(client.facts, issuerSpki).account);
  lookUp.apply([
    { ...NOTHING, credentials: [{ ...byKey, match: { kind: 'issuer-serial', issuerSpki, serial: 'FF' } }] },
  ]);
  t.notOk(lookUp.find(client.facts, issuerSpki).account);
  lookUp.apply([{ ...NOTHING, credentials: [{ ...byKey, id: 'c2', account: 'bob' }] }]);
  t.match(lookUp.find(client.facts, issuerSpki), { account: { name: 'bob' } });
  lookUp.apply([
    {
      ...NOTHING,
      removals: [
        { kind: 'credential', id: 'c2' },
        { kind: 'account', id: 'bob' },
      ],
    },
  ]);
  t.match(lookUp.find(client.facts, issuerSpki), { account: undefined, credential: undefined });
  t.strictSame(lookUp.sizes, { accounts: 1, credentials: 1, blocks: 0 });
});

t.test('what was found once is found at once, until something changes', async (t) => {
  const match = MATCHES['issuer and serial number'] as CredentialMatch;
  const lookUp = lookUpWith({ credentials: [credentialOf('c1', 'alice', match)] });
  const find = () => lookUp.find(client.facts, issuerSpki);
  const first = find();
  t.match(first, { account: { name: 'alice', enabled: true }, blocks: [] });
  t.equal(find(), first);
  t.match(lookUp.find(client.facts, key(makeRoot())), { account: undefined }, 'not under another key of an issuer');

  lookUp.apply([{ ...NOTHING, accounts: [accountOf('carol')] }]);
  t.equal(find().account, first.account, 'an account is the same while it does not change');
  t.equal(lookUp.findAccount('alice').account, first.account);
  lookUp.apply([{ ...NOTHING, blocks: [blockOf('b1', { kind: 'account', account: 'alice' })] }]);
  t.match(find(), { account: { name: 'alice' }, blocks: [{ id: 'b1' }] });
  lookUp.apply([{ ...NOTHING, accounts: [{ ...accountOf('alice'), enabled: false }] }]);
  t.match(find(), { account: { name: 'alice', enabled: false } });
  t.not(find().account, first.account);
  lookUp.apply([{ ...NOTHING, removals: [{ kind: 'account', id: 'alice' }] }]);
  t.match(find(), { account: undefined, credential: { id: 'c1' }, blocks: [{ id: 'b1' }] });
  t.equal(lookUp.findAccount('alice').account, undefined);
});
