// One request's decision: verdict, gate 1, revocation, rule. The code that runs live, and that `explain` shows.

import type { VerdictCache } from '../cache/verdict-cache.ts';
import { verdictKey } from '../cache/verdict-key.ts';
import type { FoundCredential } from '../directory/look-up.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Account, Decision, Identity } from '../model/identity.ts';
import type { Refusal } from '../model/reasons.ts';
import type { RevocationAnswer, ValidVerdict, Verdict } from '../model/verdict.ts';
import type { Rule, TrustedJudgement } from '../policy/compile.ts';
import { judge, type Presented } from '../policy/judge.ts';
import { judgeRevocation, type RevocationDemands } from '../validation/judge-revocation.ts';
import type { ValidationOptions } from '../validation/options.ts';
import { computeVerdict, type TrustContext } from './compute-verdict.ts';
import { judgeHandshake } from './gate-one.ts';
import type { Standing, Standings } from './standing.ts';

export interface Judged {
  readonly decision: Decision;
  /** The rule in force: the strictest of those the path falls under, or the one that refused. */
  readonly rule: Rule;
  /** What report-only settings would have done; undefined without any. */
  readonly reported: Decision | undefined;
  /** The verdict that decided, and where it came from; undefined where no certificate was read. */
  readonly verdict: Verdict | undefined;
  readonly verdictFrom: VerdictSource | undefined;
  /** By which the account was found in the directory. */
  readonly credential: FoundCredential | undefined;
  /** Whose the certificate is, whether or not it may pass. */
  readonly account: Account | undefined;
  /** ms since the epoch: from then on the same request may be judged otherwise. */
  readonly validUntil: number;
}

export type VerdictSource = 'memory' | 'redis' | 'computed';

export interface Decider {
  /** Decides at once where every verdict needed is in memory. Rejects only when we are broken. */
  decide(evidence: Evidence, rules: readonly [Rule, ...Rule[]], now: number): Judged | Promise<Judged>;
}

const NO_TRUST: Refusal = { code: 'certificate-untrusted', check: 'trust', note: 'the rule names no trust store' };

interface KnownKey {
  readonly key: string;
  readonly presented: readonly Uint8Array[];
  readonly generation: string;
  readonly pool: string | undefined;
}

interface Found {
  readonly verdict: Verdict;
  readonly from: VerdictSource;
}
/** A verdict with what directory and mappings say of the certificate, where it is valid. */
interface Standed extends Found {
  readonly standing: Standing | undefined;
}

type Verdicts = ReadonlyMap<string, Standed>;

const NO_VERDICTS: Verdicts = new Map();

/** Stands for none where an object is needed. */
const NO_ACCOUNT = {};

export interface DeciderParts {
  readonly trust: ReadonlyMap<string, TrustContext>;
  readonly verdicts: VerdictCache;
  readonly validation: ValidationOptions;
  readonly standings: Standings;
}

export function createDecider({ trust, verdicts, validation, standings }: DeciderParts): Decider {
  const options = JSON.stringify(validation);
  /** By the leaf, whose bytes are the same array on many connections of its client. */
  const keys = new WeakMap<Uint8Array, Map<string, KnownKey>>();
  const identities = new WeakMap<ValidVerdict, WeakMap<object, Identity>>();

  /** The key of a chain's verdict: hashed once for each state of what is known about revocation. */
  function keyOf(evidence: Evidence & { leaf: Uint8Array }, name: string, context: TrustContext): string {
    const { leaf, presented } = evidence;
    let known = keys.get(leaf);
    if (known === undefined) {
      known = new Map();
      keys.set(leaf, known);
    }
    const pool = evidence.resumed ? context.pool.state : undefined;
    const { generation } = context.revocation;
    const kept = known.get(name);
    if (kept?.presented === presented && kept.generation === generation && kept.pool === pool) return kept.key;
    const trustContent = context.store.contentHash;
    const key = verdictKey({ leaf, presented, pool, trustContent, options, revocationGeneration: generation });
    known.set(name, { key, presented, generation, pool });
    return key;
  }

  function lookUp(evidence: Evidence & { leaf: Uint8Array }, name: string, now: number): Found | Promise<Found> {
    const context = contextOf(trust, name);
    const found = verdicts.lookUp(keyOf(evidence, name, context), () =>
      computeVerdict(evidence, context, validation, now),
    );
    return found instanceof Promise ? found.then((fresh) => remember(fresh, context)) : found;
  }

  /** Verdicts are shared by connections, and so are identities: what is made of one is made once for each account. */
  function identityOf(verdict: ValidVerdict, account: Account | undefined): Identity {
    let byAccount = identities.get(verdict);
    if (byAccount === undefined) {
      byAccount = new WeakMap();
      identities.set(verdict, byAccount);
    }
    const known = byAccount.get(account ?? NO_ACCOUNT);
    if (known !== undefined) return known;
    const [certificate] = verdict.path;
    if (certificate === undefined) throw new Error('a valid verdict has a path');
    const identity: Identity = { certificate, path: verdict.path, account };
    byAccount.set(account ?? NO_ACCOUNT, identity);
    return identity;
  }

  function present(evidence: Evidence, rule: TrustedJudgement, found: Verdicts, now: number): Presented {
    if (evidence.leaf === undefined || rule.mode === 'ignore') return { kind: 'none' };
    if (rule.trust === undefined) return { kind: 'failed', refusal: NO_TRUST, leaf: evidence.leaf };
    const { verdict, standing } = found.get(rule.trust) ?? unreachable();
    const { demands } = contextOf(trust, rule.trust).revocation;
    const failed = findFailure(evidence, verdict, standing, demands, now);
    if (failed !== undefined) return failed;
    if (!verdict.valid) return unreachable();
    return { kind: 'verified', identity: identityOf(verdict, standing?.account) };
  }

  function stand(name: string, { verdict, from }: Found, now: number): Standed {
    return { verdict, from, standing: verdict.valid ? standings.of(verdict.path, name, now) : undefined };
  }

  function settle(evidence: Evidence, rules: readonly [Rule, ...Rule[]], found: Verdicts, now: number): Judged {
    let [rule] = rules;
    const { reportOnly } = rule;
    let decision = judge(rule, present(evidence, rule, found, now));
    // Each of them must allow it; the first that does not says why.
    for (let index = 1; index < rules.length && decision.allow; index++) {
      const other = rules[index] ?? unreachable();
      const judgement = judge(other, present(evidence, other, found, now));
      if (!judgement.allow) [rule, decision] = [other, judgement];
    }
    const inForce = rule.mode === 'ignore' || rule.trust === undefined ? undefined : found.get(rule.trust);
    const standing = rule.trust === undefined ? undefined : found.get(rule.trust)?.standing;
    return {
      decision,
      rule,
      reported: reportOnly && judge(reportOnly, present(evidence, reportOnly, found, now)),
      verdict: inForce?.verdict,
      verdictFrom: inForce?.from,
      credential: standing?.credential,
      account: standing?.account,
      validUntil: firstEnd(found),
    };
  }

  return {
    decide(evidence, rules, now) {
      if (!hasLeaf(evidence)) return settle(evidence, rules, NO_VERDICTS, now);
      const found = new Map<string, Standed>();
      const missing: Promise<void>[] = [];
      for (const name of trustNames(rules)) {
        const note = (one: Found) => void found.set(name, stand(name, one, now));
        const looked = lookUp(evidence, name, now);
        if (looked instanceof Promise) missing.push(looked.then(note));
        else note(looked);
      }
      if (missing.length === 0) return settle(evidence, rules, found, now);
      return Promise.all(missing).then(() => {
        // Of a block that came while one of them was waited for, those that were there earlier know nothing.
        if (found.size > 1) for (const [name, one] of found) found.set(name, stand(name, one, now));
        return settle(evidence, rules, found, now);
      });
    },
  };
}

/**
 * Why a certificate is not verified, or may not be used; undefined where neither. In the order of design section 5: the
 * path, both gates; block; revocation under the mode and depth in force; account.
 */
export function findFailure(
  evidence: Pick<Evidence, 'handshakeError' | 'presented' | 'resumed'> & { readonly leaf?: Uint8Array | undefined },
  verdict: Verdict,
  standing: Standing | undefined,
  demands: RevocationDemands,
  now: number,
): Exclude<Presented, { kind: 'none' | 'verified' }> | undefined {
  const { leaf, presented, handshakeError, resumed } = evidence;
  if (leaf === undefined) return unreachable();
  // What a full handshake may show to be good is not passed on as bad either (design rule 3).
  const fail = (refusal: Refusal) =>
    resumed ? ({ kind: 'barred', refusal } as const) : ({ kind: 'failed', refusal, leaf } as const);
  if (!verdict.valid) return fail(verdict.refusal);
  const gateOne = judgeHandshake(handshakeError, { path: verdict.path, presented });
  if (gateOne !== undefined) return fail(gateOne);
  if (standing?.blocked !== undefined) return { kind: 'barred', refusal: standing.blocked };
  const withdrawn = judgeRevocation(verdict.revocation, demands, now);
  if (withdrawn !== undefined) return { kind: 'failed', refusal: withdrawn, leaf };
  return standing?.barred && { kind: 'barred', refusal: standing.barred };
}

function firstEnd(found: Verdicts): number {
  let first = Number.POSITIVE_INFINITY;
  for (const { verdict, standing } of found.values()) {
    first = Math.min(first, verdict.validUntil, standing?.validUntil ?? Number.POSITIVE_INFINITY);
  }
  return first;
}

/** The answer that the log tells of: the worst one of the path, the leaf's where all are alike. */
export function tellingAnswer(verdict: Verdict | undefined): RevocationAnswer | undefined {
  if (!verdict?.valid) return undefined;
  return verdict.revocation.find(({ status }) => status === 'revoked' || status === 'unknown') ?? verdict.revocation[0];
}

function trustNames(rules: readonly Rule[]): string[] {
  const names: string[] = [];
  const add = ({ mode, trust }: TrustedJudgement) => {
    if (mode !== 'ignore' && trust !== undefined && !names.includes(trust)) names.push(trust);
  };
  for (const rule of rules) {
    add(rule);
    if (rule.reportOnly !== undefined) add(rule.reportOnly);
  }
  return names;
}

function contextOf(trust: ReadonlyMap<string, TrustContext>, name: string): TrustContext {
  const context = trust.get(name);
  if (context === undefined) throw new Error(`no trust store "${name}"`);
  return context;
}

/** What was verified before may be needed by a session that resumes. */
function remember(found: Found, { pool }: TrustContext): Found {
  if (found.verdict.valid) pool.remember(found.verdict.path);
  return found;
}

function hasLeaf(evidence: Evidence): evidence is Evidence & { leaf: Uint8Array } {
  return evidence.leaf !== undefined;
}

function unreachable(): never {
  throw new Error('unreachable');
}
