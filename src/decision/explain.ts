// One decision, step by step, by the functions that decide live: offline, for a certificate file and a URL.

import type { CertificateFacts } from '../model/certificate.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Decision } from '../model/identity.ts';
import type { ReasonCode, Refusal } from '../model/reasons.ts';
import { canonicalAuthority } from '../policy/canonical-host.ts';
import { canonicalPath } from '../policy/canonical-path.ts';
import type { Policy, Rule, Site } from '../policy/compile.ts';
import type { ValidationOptions } from '../validation/options.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import { computeVerdict, type TrustContext } from './compute-verdict.ts';
import type { Decider } from './decide.ts';

export interface Step {
  /** What was looked at: `host`, `path`, `rule`, a check of validation, `revocation`, `gate-1`, `decision`. */
  readonly step: string;
  readonly outcome: 'passed' | 'failed' | 'noted';
  /** Subject of the certificate it is about, where it is about one. */
  readonly subject?: string;
  readonly note?: string;
}

export interface Explanation {
  readonly steps: readonly Step[];
  /** undefined: refused before the certificate was looked at. */
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
  const steps: Step[] = [];
  const found = findRules(input, steps);
  if ('code' in found) return { steps, decision: undefined, refusal: found };
  const evidence = evidenceOf(input.certificates, found.host);
  for (const name of namesOfTrust(found.rules)) await explainCertificate(name, evidence, input, steps);
  const { decision, rule } = await input.decider.decide(evidence, found.rules, input.now);
  steps.push(
    decision.allow
      ? {
          step: 'decision',
          outcome: 'passed',
          note: `${rule.id}: allowed${decision.identity ? '' : ', without an identity'}`,
        }
      : { step: 'decision', outcome: 'failed', note: `${rule.id}: ${reasonOf(decision)}` },
  );
  return { steps, decision, refusal: decision.allow ? refusalWithout(rule, steps) : decision.refusal };
}

/** Whoever may come in where nothing is served finds nothing. */
function refusalWithout({ id, upstream }: Rule, steps: Step[]): Refusal | undefined {
  return upstream === undefined ? fail(steps, 'upstream', `${id} names none`, 'not-found') : undefined;
}

function fail(steps: Step[], step: string, note: string, code: ReasonCode): Refusal {
  steps.push({ step, outcome: 'failed', note: `${note}: ${code}` });
  return { code, check: step };
}

function reasonOf({ refusal }: Extract<Decision, { allow: false }>): string {
  return [refusal.code, refusal.note].filter((part) => part !== undefined).join(': ');
}

/** The address must be split as it stands: a URL parser would mend what the gate refuses. */
function findRules(
  { url, policy }: ExplainInput,
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

async function explainCertificate(name: string, evidence: Evidence, input: ExplainInput, steps: Step[]): Promise<void> {
  const context = input.trust.get(name);
  if (evidence.leaf === undefined || context === undefined) {
    steps.push({ step: 'certificate', outcome: 'noted', note: 'none was presented' });
    return;
  }
  const { leaf, presented, resumed } = evidence;
  const verdict = await computeVerdict({ leaf, presented, resumed }, context, input.validation, input.now, (check) => {
    const { check: step, certificate, passed, note } = check;
    steps.push({ step, outcome: passed ? 'passed' : 'failed', subject: subjectOf(certificate), ...(note && { note }) });
  });
  if (!verdict.valid) {
    const { code, check = '', note = '' } = verdict.refusal;
    steps.push({
      step: 'certificate-path',
      outcome: 'failed',
      note: `under ${name}: ${code} (${check}) ${note}`.trim(),
    });
    return;
  }
  steps.push({ step: 'certificate-path', outcome: 'passed', note: verdict.path.map(subjectOf).join(' <- ') });
  for (const [index, { status, source, note }] of verdict.revocation.entries()) {
    const certificate = verdict.path[index];
    steps.push({
      step: 'revocation',
      outcome: status === 'good' ? 'passed' : status === 'revoked' ? 'failed' : 'noted',
      ...(certificate && { subject: subjectOf(certificate) }),
      note: [status, source, note].filter((part) => part !== undefined).join(', '),
    });
  }
  steps.push({
    step: 'gate-1',
    outcome: 'noted',
    note: 'the handshake’s own check (OpenSSL) runs in a handshake only',
  });
}

function subjectOf({ subject }: CertificateFacts): string {
  return formatRfc4514(subject);
}

function namesOfTrust(rules: readonly Rule[]): Set<string> {
  return new Set(rules.flatMap(({ mode, trust }) => (mode === 'ignore' || trust === undefined ? [] : [trust])));
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
