// What a rule makes of what a client presented: the whole truth table on one screen.

import type { Decision, Identity, Unverified } from '../model/identity.ts';
import type { Refusal } from '../model/reasons.ts';
import type { CertificateMatcher } from './match-certificate.ts';
import type { AccountMode, Mode } from './options.ts';

/** The part of a rule that decides. */
export interface Judgement {
  readonly mode: Mode;
  readonly account: AccountMode;
  /** undefined: everybody with a valid certificate. An empty list cannot be configured. */
  readonly allow: readonly CertificateMatcher[] | undefined;
  readonly deny: readonly CertificateMatcher[];
}

/** What is known of the client under the rule's trust store. */
export type Presented =
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly refusal: Refusal; readonly leaf: Uint8Array }
  /** Blocked, its account disabled, or nobody can tell: refused wherever a certificate is read. */
  | { readonly kind: 'barred'; readonly refusal: Refusal }
  | { readonly kind: 'verified'; readonly identity: Identity };

const ANONYMOUS: Decision = { allow: true, identity: undefined, unverified: undefined };

/**
 * |             | none                   | failed                 | barred              | verified                  |
 * |-------------|------------------------|------------------------|---------------------|---------------------------|
 * | require     | `certificate-required` | refused, its reason    | refused, its reason | account, deny, then allow |
 * | accept      | allowed, anonymous     | refused, its reason    | refused, its reason | deny                      |
 * | forward-un. | allowed, anonymous     | allowed, as unverified | refused, its reason | deny                      |
 * | ignore      | allowed, anonymous     | allowed, anonymous     | allowed, anonymous  | allowed, anonymous        |
 */
export function judge(rule: Judgement, presented: Presented): Decision {
  if (rule.mode === 'ignore') return ANONYMOUS;
  switch (presented.kind) {
    case 'none':
      return rule.mode === 'require' ? refuse({ code: 'certificate-required' }) : ANONYMOUS;
    case 'failed':
      if (rule.mode !== 'forward-unverified') return refuse(presented.refusal);
      return { allow: true, identity: undefined, unverified: unverifiedOf(presented) };
    case 'barred':
      return refuse(presented.refusal);
    case 'verified':
      return judgeIdentity(rule, presented.identity);
  }
}

function judgeIdentity(rule: Judgement, identity: Identity): Decision {
  if (rule.mode === 'require' && rule.account === 'required' && identity.account === undefined) {
    return refuse({ code: 'account-unknown', check: 'account', note: 'neither the directory nor a mapping knows it' });
  }
  if (rule.deny.some((matches) => matches(identity))) {
    return refuse({ code: 'certificate-not-allowed', check: 'deny', note: 'an entry of `deny` matches' });
  }
  // A list inherited by a rule that lets everybody in has nothing to say there.
  if (rule.mode === 'require' && rule.allow !== undefined && !rule.allow.some((matches) => matches(identity))) {
    return refuse({ code: 'certificate-not-allowed', check: 'allow', note: 'no entry of `allow` matches' });
  }
  // `off` tells the service of none; the lists above see it all the same, or a path could slip out of an inherited `deny`.
  const passed = rule.account === 'off' ? withoutAccount(identity) : identity;
  return { allow: true, identity: passed, unverified: undefined };
}

/** Kept, so that what is made of an identity is made once. */
const anonymised = new WeakMap<Identity, Identity>();

function withoutAccount(identity: Identity): Identity {
  if (identity.account === undefined) return identity;
  const known = anonymised.get(identity) ?? { ...identity, account: undefined };
  anonymised.set(identity, known);
  return known;
}

function unverifiedOf(presented: { refusal: Refusal; leaf: Uint8Array }): Unverified {
  return { code: presented.refusal.code, leaf: presented.leaf };
}

function refuse(refusal: Refusal): Decision {
  return { allow: false, refusal };
}
