// One decision, step by step, by the functions that decide live: offline, for a certificate file and a URL.

import type { Evidence } from '../model/evidence.ts';
import type { Decision } from '../model/identity.ts';
import type { ReasonCode, Refusal } from '../model/reasons.ts';
import { canonicalAuthority } from '../policy/canonical-host.ts';
import { canonicalPath } from '../policy/canonical-path.ts';
import type { Policy, Rule, Site } from '../policy/compile.ts';
import type { ValidationOptions } from '../validation/options.ts';
import type { TrustContext } from './compute-verdict.ts';
import type { Decider, Judged } from './decide.ts';
import { explainTrust, type TrustExplanation } from './explain-trust.ts';

/** What was looked at around the certificate: `host`, `path`, `rule`, `upstream`, `certificate`, `account`, `report-only`, `decision`. */
export interface Step {
  readonly step: string;
  readonly outcome: 'passed' | 'failed' | 'noted';
  readonly note: string;
}

export interface Explanation {
  /** Milliseconds since the epoch: what the decision was made as of. */
  readonly at: number;
  /** How the address leads to a rule. */
  readonly request: readonly Step[];
  /** One for each trust store that a rule of the path reads the certificate with. */
  readonly trust: readonly TrustExplanation[];
  /** What comes of both. Empty: refused before the certificate was looked at. */
  readonly conclusion: readonly Step[];
  readonly decision: Decision | undefined;
  /** What the client would be told; undefined: allowed. */
  readonly refusal: Refusal | undefined;
}

export interface ExplainInput {
  readonly policy: Policy;
  readonly trust: ReadonlyMap<string, TrustContext>;
  readonly decider: Decider;
  readonly validation: ValidationOptions;
  /** Leaf first, then what the client would send behind it; empty for a client without a certificate. */
  readonly certificates: readonly Uint8Array[];
  readonly url: string;
  readonly now: number;
}

export async function explainRequest(input: ExplainInput): Promise<Explanation> {
  const { now: at, certificates, policy, url } = input;
  const request: Step[] = [];
  const found = findRules(url, policy, request);
  if ('code' in found) return { at, request, trust: [], conclusion: [], decision: undefined, refusal: found };
  const evidence = evidenceOf(certificates, found.host);
  const trust = await explainTrusts(evidence, found.rules, input);
  const judged = await input.decider.decide(evidence, found.rules, at);
  const { decision, rule } = judged;
  const refusal = decision.allow ? refusalWithout(rule) : decision.refusal;
  return { at, request, trust, conclusion: conclude(judged, refusal, evidence), decision, refusal };
}

async function explainTrusts(
  { leaf, presented, resumed }: Evidence,
  rules: readonly Rule[],
  { trust, validation, now }: ExplainInput,
): Promise<TrustExplanation[]> {
  const explained: TrustExplanation[] = [];
  for (const name of namesOfTrust(rules)) {
    const context = trust.get(name);
    if (leaf === undefined || context === undefined) continue;
    explained.push(await explainTrust(name, { leaf, presented, resumed }, context, validation, now));
  }
  return explained;
}

function conclude({ decision, rule, reported }: Judged, refusal: Refusal | undefined, { leaf }: Evidence): Step[] {
  const steps: Step[] = [];
  if (leaf === undefined) steps.push({ step: 'certificate', outcome: 'noted', note: 'none was presented' });
  if (reported !== undefined) {
    const note = reported.allow ? 'would be allowed' : `would be refused: ${reasonOf(reported.refusal)}`;
    steps.push({ step: 'report-only', outcome: 'noted', note: `${rule.id}: ${note}` });
  }
  if (refusal !== undefined) {
    return [...steps, { step: 'decision', outcome: 'failed', note: `${rule.id}: ${reasonOf(refusal)}` }];
  }
  const account = decision.allow ? decision.identity?.account : undefined;
  if (account !== undefined) {
    steps.push({ step: 'account', outcome: 'noted', note: `${account.name} (${account.from})` });
  }
  const without = decision.allow && decision.identity !== undefined ? '' : ', without an identity';
  return [...steps, { step: 'decision', outcome: 'passed', note: `${rule.id}: allowed${without}` }];
}

/** Whoever may come in where nothing is served finds nothing. */
function refusalWithout({ upstream }: Rule): Refusal | undefined {
  return upstream === undefined
    ? { code: 'not-found', check: 'upstream', note: 'the rule names no upstream' }
    : undefined;
}

function fail(steps: Step[], step: string, note: string, code: ReasonCode): Refusal {
  steps.push({ step, outcome: 'failed', note: `${note}: ${code}` });
  return { code, check: step, note };
}

function reasonOf({ code, check, note }: Refusal): string {
  const where = check === undefined ? code : `${code} (${check})`;
  return note === undefined ? where : `${where}: ${note}`;
}

/** The address must be split as it stands: a URL parser would mend what the gate refuses. */
function findRules(
  url: string,
  policy: Policy,
  steps: Step[],
): { host: string; rules: readonly [Rule, ...Rule[]] } | Refusal {
  const [, hostText = '', path = ''] = /^https:\/\/([^/?#]*)([^?#]*)/i.exec(url) ?? [];
  const authority = canonicalAuthority(hostText);
  if (authority === undefined) return fail(steps, 'host', `${hostText}: no plain host`, 'request-invalid');
  const site = policy.siteOf(authority.host);
  if (site === undefined) return fail(steps, 'host', `${hostText}: no site has it`, 'host-unknown');
  steps.push({ step: 'host', outcome: 'passed', note: `${authority.host} leads to the site ${site.name}` });
  return matchPath(path === '' ? '/' : path, authority.host, site, steps);
}

function matchPath(path: string, host: string, site: Site, steps: Step[]) {
  const canonical = canonicalPath(path, site.urlPath);
  if (canonical === undefined) return fail(steps, 'path', `${path} has no canonical form`, 'path-invalid');
  steps.push({ step: 'path', outcome: 'passed', note: `${path} is forwarded as ${canonical.path}` });
  const rules = site.match(canonical.readings);
  for (const { id, mode, trust, upstream } of rules) {
    const note = `${id}: ${mode}, trust store ${trust ?? 'none'}, upstream ${upstream ?? 'none'}`;
    steps.push({ step: 'rule', outcome: 'noted', note });
  }
  return { host, rules };
}

/** Those that report-only settings read with are explained too. */
function namesOfTrust(rules: readonly Rule[]): Set<string> {
  const judgements = rules.flatMap((rule) => (rule.reportOnly ? [rule, rule.reportOnly] : [rule]));
  return new Set(judgements.flatMap(({ mode, trust }) => (mode === 'ignore' || trust === undefined ? [] : [trust])));
}

/** A connection that presents these certificates to that host. */
function evidenceOf([leaf, ...presented]: readonly Uint8Array[], serverName: string): Evidence {
  return {
    leaf,
    presented,
    handshakeError: undefined,
    trustGeneration: '',
    serverName,
    tlsVersion: 'TLSv1.3',
    cipher: '',
    resumed: false,
    remoteAddress: '127.0.0.1',
    remotePort: 0,
  };
}
