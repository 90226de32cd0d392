// How many more certificates until a policy is demanded, a mapping counts no more, and anyPolicy neither?

import type { CertificateFacts } from '../../model/certificate.ts';
import { ANY_POLICY } from '../../x509/policies.ts';
import type { ValidationOptions } from '../options.ts';

/** RFC 5280 6.1.2 (d), (e), (f). Each goes down only; at 0 it is in force. */
export interface PolicyCounters {
  readonly explicitPolicy: number;
  readonly policyMapping: number;
  readonly inhibitAnyPolicy: number;
}

/** `pathLength`: certificates, anchor included. One more than that is never counted down to 0. */
export function startCounters(pathLength: number, options: ValidationOptions): PolicyCounters {
  const { policies, inhibitPolicyMapping, inhibitAnyPolicy } = options;
  const { requireExplicitPolicy = !policies.includes(ANY_POLICY) } = options;
  const never = pathLength + 1;
  return {
    explicitPolicy: requireExplicitPolicy ? 0 : never,
    policyMapping: inhibitPolicyMapping ? 0 : never,
    inhibitAnyPolicy: inhibitAnyPolicy ? 0 : never,
  };
}

/** RFC 5280 6.1.4 (h): a certificate is passed. */
export function countDown({ explicitPolicy, policyMapping, inhibitAnyPolicy }: PolicyCounters): PolicyCounters {
  return {
    explicitPolicy: Math.max(explicitPolicy - 1, 0),
    policyMapping: Math.max(policyMapping - 1, 0),
    inhibitAnyPolicy: Math.max(inhibitAnyPolicy - 1, 0),
  };
}

/** RFC 5280 6.1.4 (i) and (j): an authority may shorten the time, and never lengthen it. */
export function tightenCounters(counters: PolicyCounters, { known }: CertificateFacts): PolicyCounters {
  const { policyConstraints, inhibitAnyPolicy = Number.POSITIVE_INFINITY } = known;
  const { requireExplicitPolicy = Number.POSITIVE_INFINITY, inhibitPolicyMapping = Number.POSITIVE_INFINITY } =
    policyConstraints ?? {};
  return {
    explicitPolicy: Math.min(counters.explicitPolicy, requireExplicitPolicy),
    policyMapping: Math.min(counters.policyMapping, inhibitPolicyMapping),
    inhibitAnyPolicy: Math.min(counters.inhibitAnyPolicy, inhibitAnyPolicy),
  };
}

/** RFC 5280 6.1.5 (a) and (b): is a policy demanded when the last certificate is done? */
export function isExplicitAtEnd({ explicitPolicy }: PolicyCounters, leaf: CertificateFacts): boolean {
  return explicitPolicy <= 1 || leaf.known.policyConstraints?.requireExplicitPolicy === 0;
}
