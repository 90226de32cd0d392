// One certificate under one trust store: which path, which checks, and what is known about revocation?

import type { CertificateFacts } from '../model/certificate.ts';
import type { Refusal } from '../model/reasons.ts';
import type { RevocationAnswer, Verdict } from '../model/verdict.ts';
import { type InspectedCertificate, inspectPath } from '../validation/inspect-path.ts';
import { judgeRevocation, type RevocationDemands } from '../validation/judge-revocation.ts';
import type { ValidationOptions } from '../validation/options.ts';
import { Malformed } from '../x509/malformed.ts';
import { computeVerdict, type PresentedCertificates, readPathInput, type TrustContext } from './compute-verdict.ts';

export interface ExplainedAnswer {
  readonly answer: RevocationAnswer;
  /** `noted`: not good, and still refused by nobody. */
  readonly outcome: 'passed' | 'failed' | 'noted';
  readonly refusal: Refusal | undefined;
}

export interface ExplainedCertificate extends InspectedCertificate {
  /** undefined: nobody is asked about an anchor, or under a path that is not verified. */
  readonly revocation: ExplainedAnswer | undefined;
}

export interface TrustExplanation {
  readonly name: string;
  readonly demands: RevocationDemands;
  /** Leaf first: the verified path, or the one that came farthest. Empty where the leaf cannot be read. */
  readonly certificates: readonly ExplainedCertificate[];
  /** What the trust store says; undefined: the certificate is good under it. */
  readonly refusal: Refusal | undefined;
}

/** `now`: ms since the epoch. Asks about revocation as a request would. */
export async function explainTrust(
  name: string,
  evidence: PresentedCertificates,
  trust: TrustContext,
  options: ValidationOptions,
  now: number,
): Promise<TrustExplanation> {
  const { demands } = trust.revocation;
  const verdict = await computeVerdict(evidence, trust, options, now);
  const input = readPathInput(evidence, trust, options, now);
  const inspected = input instanceof Malformed ? [] : inspectPath(input).certificates;
  const certificates = inspected.map((each, index) => {
    const answer = verdict.valid ? verdict.revocation[index] : undefined;
    return { ...each, revocation: answer && explainAnswer(answer, index, demands, now) };
  });
  return { name, demands, certificates, refusal: refusalOf(verdict, demands, now) };
}

function refusalOf(verdict: Verdict, demands: RevocationDemands, now: number): Refusal | undefined {
  return verdict.valid ? judgeRevocation(verdict.revocation, demands, now) : verdict.refusal;
}

/** `index`: place in the path, leaf first. */
export function explainAnswer(
  answer: RevocationAnswer,
  index: number,
  demands: RevocationDemands,
  now: number,
): ExplainedAnswer {
  const isNeeded = demands.depth === 'chain' || index === 0;
  const refusal = isNeeded ? judgeRevocation([answer], demands, now) : undefined;
  if (refusal !== undefined) return { answer, outcome: 'failed', refusal };
  return { answer, outcome: answer.status === 'good' ? 'passed' : 'noted', refusal };
}

/** The certificate at which the refusal was found; undefined where it is at none of them. */
export function findRefused(
  { code, check }: Refusal,
  certificates: readonly ExplainedCertificate[],
): CertificateFacts | undefined {
  return certificates.find(
    ({ steps, revocation }) =>
      revocation?.refusal?.code === code || steps.some((step) => step.code === code && step.check === check),
  )?.certificate;
}
