// Which checks does one certificate pass at its place in a path?

import type { CertificateFacts } from '../model/certificate.ts';
import { type ReasonCode, type Refusal, reasonOf } from '../model/reasons.ts';
import { checkBasicConstraints } from './checks/basic-constraints.ts';
import { checkCriticalExtensions } from './checks/critical-extensions.ts';
import { checkExtendedKeyUsage } from './checks/extended-key-usage.ts';
import { checkClientKeyUsage, checkIssuerKeyUsage } from './checks/key-usage.ts';
import { checkMisplacedConstraints } from './checks/misplaced-constraints.ts';
import { checkPathLength } from './checks/path-length.ts';
import { checkPublicKey } from './checks/public-key.ts';
import { checkSubjectName } from './checks/subject-name.ts';
import { checkValidity } from './checks/validity.ts';
import { checkVersion } from './checks/version.ts';
import type { Check, Place } from './place.ts';

/** One check of one certificate, for `explain`. */
export interface CheckStep {
  readonly check: string;
  readonly certificate: CertificateFacts;
  readonly passed: boolean;
  /** What it refuses with, and what it found wrong; undefined where it passed. */
  readonly code?: ReasonCode;
  readonly note?: string;
}

/** What is wrong with a path, and at which of its certificates. */
export interface Failure {
  readonly refusal: Refusal;
  readonly at: CertificateFacts;
}

export interface Inspection {
  /** A broken constraint: no path leads through here. */
  readonly broken: Failure | undefined;
  /**
   * Dates or usage. They refuse as well, but only what is known to come from an anchor is told of them: "expired" means
   * "was good once" to whoever reads the code, and must not be had with a certificate of one's own making.
   */
  readonly unfit: Failure | undefined;
  readonly steps: readonly CheckStep[];
}

/** Checks of every certificate that hold whatever the date and the purpose. */
const COMMON: readonly (readonly [string, Check])[] = [
  ['version', checkVersion],
  ['public-key', checkPublicKey],
  ['critical-extensions', checkCriticalExtensions],
];

const LEAF_CHECKS: readonly (readonly [string, Check])[] = [
  ...COMMON,
  ['misplaced-constraints', checkMisplacedConstraints],
  ['validity', checkValidity],
  ['key-usage', checkClientKeyUsage],
  ['extended-key-usage', checkExtendedKeyUsage],
];

const ISSUER_CHECKS: readonly (readonly [string, Check])[] = [
  ...COMMON,
  ['subject-name', checkSubjectName],
  ['basic-constraints', checkBasicConstraints],
  ['path-length', checkPathLength],
  ['key-usage', checkIssuerKeyUsage],
  ['validity', checkValidity],
  ['extended-key-usage', checkExtendedKeyUsage],
];

/**
 * Runs all checks of a place in their order, so that whoever asks learns all that is wrong with it; the first broken
 * constraint is the one that counts. What takes other certificates (signature, names, policies) is not checked here.
 */
export function inspectPlace(place: Place): Inspection {
  const { certificate, role } = place;
  const steps: CheckStep[] = [];
  let broken: Failure | undefined;
  let unfit: Failure | undefined;
  for (const [check, run] of role === 'leaf' ? LEAF_CHECKS : ISSUER_CHECKS) {
    const finding = run(place);
    steps.push(stepOf(check, certificate, finding));
    if (finding === undefined) continue;
    const failure = { refusal: { ...finding, check }, at: certificate };
    if (finding.code === 'certificate-invalid') broken ??= failure;
    else unfit = moreTelling(unfit, failure);
  }
  return { broken, unfit, steps };
}

/** A step passed unless something was found. */
export function stepOf(
  check: string,
  certificate: CertificateFacts,
  found: Omit<Refusal, 'check'> | undefined,
): CheckStep {
  if (found === undefined) return { check, certificate, passed: true };
  const { code, note } = found;
  return { check, certificate, passed: false, code, ...(note !== undefined && { note }) };
}

/** The one of two failures that tells the client more: the higher rank, of equals the first found. */
export function moreTelling<T extends Failure>(first: T | undefined, second: T | undefined): T | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return rankOf(second) > rankOf(first) ? second : first;
}

function rankOf({ refusal }: Failure): number {
  return reasonOf(refusal.code).rank ?? 0;
}
