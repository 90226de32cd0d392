// The truth table of modes, and the order of `deny` and `allow`.

import t from 'tap';
import type { Decision } from '../../../src/model/identity.ts';
import { type Judgement, judge, type Presented } from '../../../src/policy/judge.ts';
import { MODES } from '../../../src/policy/options.ts';
import { makeRoot } from '../../kit/pki.ts';
import { identityOf } from './identities.ts';

const alice = makeRoot().client();
const identity = identityOf(alice);
const expired = { code: 'certificate-expired', check: 'validity', note: 'yesterday' } as const;

const NONE: Presented = { kind: 'none' };
const FAILED: Presented = { kind: 'failed', refusal: expired, leaf: alice.der };
const VERIFIED: Presented = { kind: 'verified', identity };
const BARRED = { kind: 'barred', refusal: { code: 'certificate-blocked', check: 'block' } } as const;

const ANONYMOUS: Decision = { allow: true, identity: undefined, unverified: undefined };
const IDENTIFIED: Decision = { allow: true, identity, unverified: undefined };
const UNVERIFIED: Decision = {
  allow: true,
  identity: undefined,
  unverified: { code: 'certificate-expired', leaf: alice.der },
};
const REFUSED: Decision = { allow: false, refusal: expired };
const BLOCKED: Decision = { allow: false, refusal: BARRED.refusal };
const REQUIRED: Decision = { allow: false, refusal: { code: 'certificate-required' } };

const yes = () => true;
const no = () => false;

t.test('without lists', async (t) => {
  const table: Readonly<Record<(typeof MODES)[number], readonly [Decision, Decision, Decision, Decision]>> = {
    require: [REQUIRED, REFUSED, BLOCKED, IDENTIFIED],
    accept: [ANONYMOUS, REFUSED, BLOCKED, IDENTIFIED],
    'forward-unverified': [ANONYMOUS, UNVERIFIED, BLOCKED, IDENTIFIED],
    ignore: [ANONYMOUS, ANONYMOUS, ANONYMOUS, ANONYMOUS],
  };
  for (const mode of MODES) {
    const rule: Judgement = { mode, account: 'optional', allow: undefined, deny: [] };
    const decisions = [NONE, FAILED, BARRED, VERIFIED].map((presented) => judge(rule, presented));
    t.strictSame(decisions, table[mode], mode);
  }
});

t.test('with lists', async (t) => {
  const decide = (rule: Partial<Judgement>, presented: Presented = VERIFIED) =>
    judge({ mode: 'require', account: 'optional', allow: undefined, deny: [], ...rule }, presented);
  t.strictSame(decide({ allow: [no, yes] }), IDENTIFIED, 'one entry of allow is enough');
  t.match(decide({ allow: [no, no] }), { allow: false, refusal: { code: 'certificate-not-allowed', check: 'allow' } });
  t.match(decide({ allow: [] }), { allow: false, refusal: { check: 'allow' } }, 'an empty list lets nobody in');
  t.strictSame(decide({ deny: [no] }), IDENTIFIED);
  t.match(decide({ deny: [no, yes] }), { allow: false, refusal: { code: 'certificate-not-allowed', check: 'deny' } });
  t.match(decide({ allow: [yes], deny: [yes] }), { allow: false, refusal: { check: 'deny' } }, 'deny comes first');
  for (const mode of ['accept', 'forward-unverified'] as const) {
    t.match(decide({ mode, deny: [yes] }), { allow: false, refusal: { check: 'deny' } }, mode);
  }
  t.strictSame(decide({ mode: 'ignore', deny: [yes] }), ANONYMOUS, 'who is ignored is not denied either');
  t.strictSame(decide({ allow: [yes], deny: [yes] }, NONE), REQUIRED);
  t.strictSame(decide({ allow: [yes], deny: [yes] }, FAILED), REFUSED, 'lists are for verified certificates');
});

t.test('with accounts', async (t) => {
  const known = identityOf(alice, { name: 'alice', roles: [], from: 'directory' });
  const decide = (rule: Partial<Judgement>, who = known) =>
    judge(
      { mode: 'require', account: 'optional', allow: undefined, deny: [], ...rule },
      { kind: 'verified', identity: who },
    );
  for (const account of ['optional', 'required'] as const) {
    t.match(decide({ account }), { allow: true, identity: { account: { name: 'alice' } } });
  }
  t.strictSame(decide({}, identity), IDENTIFIED, 'nobody is known, and nobody needs to be');
  t.match(decide({ account: 'required' }, identity), { allow: false, refusal: { code: 'account-unknown' } });
  const off = decide({ account: 'off' });
  const again = decide({ account: 'off' });
  t.match(off, { allow: true, identity: { certificate: alice.facts, account: undefined } }, 'and is not passed on');
  t.equal(off.allow && off.identity, again.allow && again.identity, 'one object, so that its headers are made once');
  const isAlice = ({ account }: typeof known) => account?.name === 'alice';
  t.match(decide({ account: 'off', deny: [isAlice] }), { allow: false, refusal: { check: 'deny' } }, 'nor forgotten');
  for (const mode of ['accept', 'forward-unverified'] as const) {
    t.match(decide({ mode, account: 'required' }, identity), { allow: true }, 'only `require` requires');
  }
});
