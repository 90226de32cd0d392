// The order of design section 5: the path, then block, then revocation, then account; whatever the mode, wherever a
// certificate is read.

import t from 'tap';
import { createStandings, type MapAccount } from '../../../src/decision/standing.ts';
import type { DirectoryState } from '../../../src/directory/copy.ts';
import { createLookUp } from '../../../src/directory/look-up.ts';
import type { AccountRecord, Block, BlockMatch, Credential, CredentialMatch } from '../../../src/model/client.ts';
import { MODES } from '../../../src/policy/options.ts';
import { makeRoot, type TestCertificate } from '../../kit/pki.ts';
import { createVerdicts, deciderOf, evidenceOf, NOW, ruleOf, trustOf } from './parts.ts';

const MINUTE_MS = 60_000;
const root = makeRoot();
const alice = root.client({ cn: 'alice' });
const bob = root.client({ cn: 'bob' });

const account: AccountRecord = {
  name: 'alice',
  displayName: 'Alice',
  kind: 'person',
  roles: ['admin'],
  enabled: true,
  validFrom: undefined,
  validUntil: undefined,
  notes: '',
  createdAt: NOW,
  changedAt: NOW,
};

function bySerial({ facts }: TestCertificate, issuer = root): CredentialMatch & BlockMatch {
  return { kind: 'issuer-serial', issuerSpki: issuer.facts.publicKey.spkiHash, serial: facts.serial };
}

function credentialOf(match: CredentialMatch): Credential {
  return {
    id: 'c1',
    account: 'alice',
    match,
    fingerprint: undefined,
    issuerName: '',
    label: '',
    createdAt: NOW,
    lastSeenAt: undefined,
  };
}

function blockOf(match: BlockMatch, until?: number): Block {
  return { id: 'b1', match, reason: 'lost', until, createdAt: NOW, createdBy: 'test' };
}

interface Directory {
  readonly account?: Partial<AccountRecord>;
  readonly credentials?: readonly Credential[];
  readonly blocks?: readonly Block[];
  readonly state?: DirectoryState;
  readonly mapAccount?: MapAccount;
}

function standingsOf({ credentials = [credentialOf(bySerial(alice))], blocks = [], ...rest }: Directory = {}) {
  const lookUp = createLookUp();
  lookUp.apply([{ removals: [], accounts: [{ ...account, ...rest.account }], credentials, blocks }]);
  const { find, findAccount } = lookUp;
  const directory = { state: () => rest.state ?? 'fresh', find, findAccount };
  return createStandings({ directory, mapAccount: rest.mapAccount });
}

const decide = (directory: Directory, who = alice, rule = ruleOf(), now = NOW, trust = trustOf([root])) =>
  deciderOf(trust, { standings: standingsOf(directory), verdicts: createVerdicts(() => now) }).decide(
    evidenceOf(who),
    [rule],
    now,
  );

const refused = (code: string, check: string) => ({ decision: { allow: false, refusal: { code, check } } });

t.test('who is known has an account', async (t) => {
  const { decision } = await decide({});
  t.match(decision, { allow: true, identity: { account: { name: 'alice', roles: ['admin'], from: 'directory' } } });
  t.match(await decide({}, bob), { decision: { allow: true, identity: { account: undefined } } });
  t.match(await decide({}, bob, ruleOf({ account: 'required' })), refused('account-unknown', 'account'));
  t.match(await decide({ credentials: [credentialOf(bySerial(bob))] }, alice, ruleOf({ account: 'required' })), {
    decision: { allow: false },
  });
  const spki: CredentialMatch = { kind: 'spki', spki: alice.facts.publicKey.spkiHash };
  t.match(await decide({ credentials: [credentialOf(spki)] }, alice, ruleOf({ account: 'required' })), {
    decision: { allow: true },
  });
});

t.test('the same serial number under another key is somebody else, whatever the issuer is called', async (t) => {
  const twin = makeRoot();
  const impostor = twin.client({ cn: 'alice', serial: alice.facts.serial });
  t.equal(impostor.facts.serial, alice.facts.serial);
  t.equal(impostor.facts.issuer.matchKey, alice.facts.issuer.matchKey);
  const rule = ruleOf({ account: 'required' });
  const trust = trustOf([root, twin]);
  t.match(await decide({}, alice, rule, NOW, trust), { decision: { allow: true } });
  t.match(await decide({}, impostor, rule, NOW, trust), refused('account-unknown', 'account'));
  const blocked = { blocks: [blockOf(bySerial(alice))] };
  t.match(await decide(blocked, alice, ruleOf(), NOW, trust), refused('certificate-blocked', 'block'));
  t.match(await decide(blocked, impostor, ruleOf(), NOW, trust), { decision: { allow: true } });
});

t.test('a block refuses in every mode that reads a certificate', async (t) => {
  const tbs: BlockMatch = { kind: 'tbs', tbs: alice.facts.tbsHash };
  const spki: BlockMatch = { kind: 'spki', spki: alice.facts.publicKey.spkiHash };
  const whole: BlockMatch = { kind: 'account', account: 'alice' };
  for (const mode of MODES) {
    t.match(await decide({}, alice, ruleOf({ mode })), { decision: { allow: true } }, mode);
    for (const match of [bySerial(alice), tbs, spki, whole]) {
      const judged = await decide({ blocks: [blockOf(match)] }, alice, ruleOf({ mode }));
      const wanted = mode === 'ignore' ? { decision: { allow: true } } : refused('certificate-blocked', 'block');
      t.match(judged, wanted, `${mode} ${match.kind}`);
    }
  }
  t.match(await decide({ blocks: [blockOf(bySerial(alice))] }, bob), { decision: { allow: true } }, 'nobody else');
});

t.test('a block ends by itself, and its end is known beforehand', async (t) => {
  const blocks = [blockOf(bySerial(alice), NOW + MINUTE_MS)];
  const judged = await decide({ blocks });
  t.match(judged, refused('certificate-blocked', 'block'));
  t.equal(judged.validUntil, NOW + MINUTE_MS + 1);
  t.match(await decide({ blocks }, alice, ruleOf(), NOW + MINUTE_MS), refused('certificate-blocked', 'block'));
  t.match(await decide({ blocks }, alice, ruleOf(), NOW + MINUTE_MS + 1), { decision: { allow: true } });
});

t.test(
  'a disabled account, and a permission that is not now, refuse in every mode that reads a certificate',
  async (t) => {
    const defects: Partial<AccountRecord>[] = [
      { enabled: false },
      { validFrom: NOW + MINUTE_MS },
      { validUntil: NOW - 1 },
    ];
    for (const mode of MODES) {
      for (const mode2 of ['off', 'optional', 'required'] as const) {
        const rule = ruleOf({ mode, account: mode2 });
        t.match(await decide({}, alice, rule), { decision: { allow: true } });
        for (const defect of defects) {
          const wanted = mode === 'ignore' ? { decision: { allow: true } } : refused('account-disabled', 'account');
          t.match(await decide({ account: defect }, alice, rule), wanted, `${mode} ${JSON.stringify(defect)}`);
        }
      }
    }
    t.match(
      await decide({ account: { validFrom: NOW, validUntil: NOW } }),
      { decision: { allow: true } },
      'both inclusive',
    );
    t.equal((await decide({ account: { validUntil: NOW + MINUTE_MS } })).validUntil, NOW + MINUTE_MS + 1);
    t.equal((await decide({ account: { validFrom: NOW + MINUTE_MS } })).validUntil, NOW + MINUTE_MS);
  },
);

t.test('of several reasons the first in the order is told', async (t) => {
  const trust = trustOf([root], { mode: 'hard', crls: [root.crl({ revoked: [alice] })] });
  const disabled = { account: { enabled: false } };
  const blocks = [blockOf(bySerial(alice))];
  const tell = async (directory: Directory, now = NOW) => {
    const { decision } = await decide(directory, alice, ruleOf({ allow: [() => false] }), now, trust);
    return decision.allow ? 'allowed' : decision.refusal.code;
  };
  t.equal(await tell({ ...disabled, blocks }, alice.facts.notAfter + MINUTE_MS), 'certificate-expired');
  t.equal(await tell({ ...disabled, blocks }), 'certificate-blocked');
  t.equal(await tell(disabled), 'certificate-revoked');
  const good = trustOf([root]);
  t.match(
    await decide(disabled, alice, ruleOf({ allow: [() => false] }), NOW, good),
    refused('account-disabled', 'account'),
  );
  t.match(
    await decide({}, alice, ruleOf({ allow: [() => false] }), NOW, good),
    refused('certificate-not-allowed', 'allow'),
  );
});

t.test('while the directory cannot be asked, nobody with a certificate passes', async (t) => {
  for (const mode of MODES) {
    t.match(
      await decide({ state: 'stale' }, alice, ruleOf({ mode })),
      { decision: { allow: true } },
      'within the staleness',
    );
    const wanted = mode === 'ignore' ? { decision: { allow: true } } : refused('directory-unavailable', 'directory');
    t.match(await decide({ state: 'unavailable' }, alice, ruleOf({ mode })), wanted, mode);
  }
  const anonymous = deciderOf(trustOf([root]), { standings: standingsOf({ state: 'unavailable' }) });
  t.match(await anonymous.decide(evidenceOf(undefined), [ruleOf({ mode: 'accept' })], NOW), {
    decision: { allow: true },
  });
});

t.test('a mapping is asked where no entry knows the certificate', async (t) => {
  const mapAccount: MapAccount = ([leaf]) => ({
    kind: 'account',
    account: leaf?.serial === bob.facts.serial ? 'alice' : 'nobody',
    strength: 'strong',
    mapping: '1',
  });
  t.match(await decide({ mapAccount }), { decision: { identity: { account: { name: 'alice', from: 'directory' } } } });
  const mapped = await decide({ mapAccount }, bob);
  t.match(mapped, { decision: { identity: { account: { name: 'alice', roles: ['admin'], from: 'mapping' } } } });
  const carol = root.client({ cn: 'carol' });
  const listed = await decide({ mapAccount }, carol, ruleOf({ account: 'required' }));
  t.match(listed, { decision: { identity: { account: { name: 'nobody', roles: [], from: 'mapping' } } } });
  t.match(await decide({ mapAccount, account: { enabled: false } }, bob), refused('account-disabled', 'account'));
  const blocks = [blockOf({ kind: 'account', account: 'alice' })];
  t.match(await decide({ mapAccount, blocks }, bob), refused('certificate-blocked', 'block'));
  const nobody = [blockOf({ kind: 'account', account: 'nobody' })];
  t.match(
    await decide({ mapAccount, blocks: nobody }, carol),
    refused('certificate-blocked', 'block'),
    'unlisted, too',
  );
  t.match(
    await decide({ mapAccount: () => ({ kind: 'denied', mapping: '1' }) }, bob),
    refused('certificate-not-allowed', 'mapping'),
  );
});

t.test('one identity for a certificate and an account, so that its headers are made once', async (t) => {
  const decider = deciderOf(trustOf([root]), { standings: standingsOf() });
  const identities = [];
  for (const who of [alice, alice]) {
    const { decision } = await decider.decide(evidenceOf(who), [ruleOf()], NOW);
    identities.push(decision.allow && decision.identity);
  }
  t.equal(identities[0], identities[1]);
});
