// What a rule makes of what a client presented: the whole truth table on one screen.

import type { Decision, Identity, Unverified } from '../model/identity.ts';
import type { Refusal } from '../model/reasons.ts';
import type { CertificateMatcher } from './match-certificate.ts';
import type { Mode } from './options.ts';

/** The part of a rule that decides. */
export interface Judgement {
  readonly mode: Mode;
  /** undefined: everybody with a valid certificate. An empty list cannot be configured. */
  readonly allow: readonly CertificateMatcher[] | undefined;
  readonly deny: readonly CertificateMatcher[];
}

/** What is known of the client under the rule's trust store. */
export type Presented =
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly refusal: Refusal; readonly leaf: Uint8Array }
  | { readonly kind: 'verified'; readonly identity: Identity };

const ANONYMOUS: Decision = { allow: true, identity: undefined, unverified: undefined };

/**
 * |             | none                   | failed                 | verified                    |
 * |-------------|------------------------|------------------------|-----------------------------|
 * | require     | `certificate-required` | refused, its reason    | deny list, then allow list  |
 * | accept      | allowed, anonymous     | refused, its reason    | deny list                   |
 * | forward-un. | allowed, anonymous     | allowed, as unverified | deny list                   |
 * | ignore      | allowed, anonymous     | allowed, anonymous     | allowed, anonymous          |
 */
export function judge(rule: Judgement, presented: Presented): Decision {
  if (rule.mode === 'ignore') return ANONYMOUS;
  switch (presented.kind) {
    case 'none':
      return rule.mode === 'require' ? refuse({ code: 'certificate-required' }) : ANONYMOUS;
    case 'failed':
      if (rule.mode !== 'forward-unverified') return refuse(presented.refusal);
      return { allow: true, identity: undefined, unverified: unverifiedOf(presented) };
    case 'verified':
      return judgeIdentity(rule, presented.identity);
  }
}

function judgeIdentity(rule: Judgement, identity: Identity): Decision {
  if (rule.deny.some((matches) => matches(identity))) {
    return refuse({ code: 'certificate-not-allowed', check: 'deny', note: 'an entry of `deny` matches' });
  }
  // A list inherited by a rule that lets everybody in has nothing to say there.
  if (rule.mode === 'require' && rule.allow !== undefined && !rule.allow.some((matches) => matches(identity))) {
    return refuse({ code: 'certificate-not-allowed', check: 'allow', note: 'no entry of `allow` matches' });
  }
  return { allow: true, identity, unverified: undefined };
}

function unverifiedOf(presented: { refusal: Refusal; leaf: Uint8Array }): Unverified {
  return { code: presented.refusal.code, leaf: presented.leaf };
}

function refuse(refusal: Refusal): Decision {
  return { allow: false, refusal };
}
