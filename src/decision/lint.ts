// What is wrong with certificates, whoever would refuse them: this gateway under given anchors, IIS, .NET?

import type { CertificateFacts, CrlFacts } from '../model/certificate.ts';
import type { Refusal } from '../model/reasons.ts';
import { type Advice, adviseOn } from '../pki/advice.ts';
import { createCrlStore } from '../revocation/crl-store.ts';
import { authoritiesOf, type TrustStore } from '../trust/trust-store.ts';
import { checkIssuerSignature } from '../validation/checks/signature.ts';
import { type CheckStep, inspectPlace, stepOf } from '../validation/inspect.ts';
import { type InspectedCertificate, inspectPath } from '../validation/inspect-path.ts';
import type { RevocationDemands } from '../validation/judge-revocation.ts';
import type { ValidationOptions } from '../validation/options.ts';
import { type Place, placeAlone } from '../validation/place.ts';
import { isSelfIssued } from '../validation/self-issued.ts';
import { type ExplainedAnswer, explainAnswer } from './explain-trust.ts';

export interface LintInput {
  /** Leaf first, then what would be sent behind it. */
  readonly certificates: readonly [CertificateFacts, ...CertificateFacts[]];
  /** undefined: each certificate is looked at alone, and no path is looked for. */
  readonly store: TrustStore | undefined;
  /** undefined: nobody is asked about revocation. Otherwise every certificate of the path needs an answer of them. */
  readonly crls: readonly CrlFacts[] | undefined;
  readonly options: ValidationOptions;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface LintedCertificate extends InspectedCertificate {
  /** undefined: nobody was asked. */
  readonly revocation: ExplainedAnswer | undefined;
  readonly advice: readonly Advice[];
}

export interface LintReport {
  /** Of the path, leaf first; without a trust store those given. */
  readonly certificates: readonly LintedCertificate[];
  /** Given, and no part of the path. */
  readonly unused: readonly CertificateFacts[];
  /** What this gateway would say; undefined: nothing that it refuses, or no path was looked for. */
  readonly refusal: Refusal | undefined;
}

const DEMANDS: RevocationDemands = { mode: 'hard', depth: 'chain', maxStale: 0 };

export async function lint(input: LintInput): Promise<LintReport> {
  const { certificates, store, options, at } = input;
  const alone = () => certificates.map((certificate, index) => inspectAlone(certificate, index, input));
  const [leaf, ...presented] = certificates;
  const { certificates: inspected, refusal } = store
    ? inspectPath({ leaf, presented, anchors: store.anchors, intermediates: store.intermediates, options, at })
    : { certificates: alone(), refusal: undefined };
  const answers = refusal === undefined ? await askLists(input, inspected) : [];
  const linted = inspected.map((each, index) => ({
    ...each,
    revocation: answers[index],
    advice: withoutRepetition(adviseOn({ ...each, at }), each.steps),
  }));
  return {
    certificates: linted,
    unused: certificates.filter(
      ({ fingerprint }) => !inspected.some((each) => each.certificate.fingerprint === fingerprint),
    ),
    refusal: refusal ?? answers.find((answer) => answer.refusal !== undefined)?.refusal,
  };
}

/** How many of the findings are refused here, refused by IIS or .NET alone, and refused by nobody. */
export function countFindings({ certificates }: LintReport): Record<'here' | Advice['severity'], number> {
  const steps = certificates.flatMap((each) => each.steps.filter(({ passed }) => !passed));
  const withdrawn = certificates.filter(({ revocation }) => revocation?.outcome === 'failed');
  const advice = certificates.flatMap((each) => each.advice);
  const bySeverity = (wanted: Advice['severity']) => advice.filter(({ severity }) => severity === wanted).length;
  return {
    here: steps.length + withdrawn.length,
    elsewhere: bySeverity('elsewhere'),
    advice: bySeverity('advice'),
  };
}

async function askLists(
  { store, crls, at }: LintInput,
  path: readonly InspectedCertificate[],
): Promise<readonly ExplainedAnswer[]> {
  if (store === undefined || crls === undefined) return [];
  const lists = createCrlStore({ crls, authorities: authoritiesOf(store) });
  const verified = path.map(({ certificate }) => certificate);
  const answers = await lists.answersFor(verified, at, DEMANDS.maxStale);
  return answers.map((answer, index) => explainAnswer(answer, index, DEMANDS, at));
}

function inspectAlone(certificate: CertificateFacts, index: number, { at, options }: LintInput): InspectedCertificate {
  const role = roleAlone(certificate, index);
  const { steps } = inspectPlace(placeAlone(certificate, role, at, options));
  return { certificate, role, steps: [...steps, ...checkAlgorithm(certificate, role)] };
}

function roleAlone(certificate: CertificateFacts, index: number): Place['role'] {
  if (index === 0) return 'leaf';
  return isSelfIssued(certificate) ? 'anchor' : 'intermediate';
}

/** Whether the algorithm is good can be told with any key, whether the signature is right with the issuer's only. */
function checkAlgorithm(certificate: CertificateFacts, role: Place['role']): CheckStep[] {
  // Nobody looks at the signature of an anchor.
  if (role === 'anchor') return [];
  const refusal = checkIssuerSignature(certificate, certificate);
  return [stepOf('algorithm', certificate, refusal?.check === 'algorithm' ? refusal : undefined)];
}

/** What is refused here already need not be told again. */
function withoutRepetition(advice: readonly Advice[], steps: readonly CheckStep[]): Advice[] {
  return advice.filter(({ topic }) => !steps.some(({ check, passed }) => check === topic && !passed));
}
