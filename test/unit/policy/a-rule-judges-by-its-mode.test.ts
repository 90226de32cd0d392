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

const ANONYMOUS: Decision = { allow: true, identity: undefined, unverified: undefined };
const IDENTIFIED: Decision = { allow: true, identity, unverified: undefined };
const UNVERIFIED: Decision = {
  allow: true,
  identity: undefined,
  unverified: { code: 'certificate-expired', leaf: alice.der },
};
const REFUSED: Decision = { allow: false, refusal: expired };
const REQUIRED: Decision = { allow: false, refusal: { code: 'certificate-required' } };

const yes = () => true;
const no = () => false;

t.test('without lists', async (t) => {
  const table: Readonly<Record<(typeof MODES)[number], readonly [Decision, Decision, Decision]>> = {
    require: [REQUIRED, REFUSED, IDENTIFIED],
    accept: [ANONYMOUS, REFUSED, IDENTIFIED],
    'forward-unverified': [ANONYMOUS, UNVERIFIED, IDENTIFIED],
    ignore: [ANONYMOUS, ANONYMOUS, ANONYMOUS],
  };
  for (const mode of MODES) {
    const rule: Judgement = { mode, allow: undefined, deny: [] };
    const decisions = [NONE, FAILED, VERIFIED].map((presented) => judge(rule, presented));
    t.strictSame(decisions, table[mode], mode);
  }
});

t.test('with lists', async (t) => {
  const decide = (rule: Partial<Judgement>, presented: Presented = VERIFIED) =>
    judge({ mode: 'require', allow: undefined, deny: [], ...rule }, presented);
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
