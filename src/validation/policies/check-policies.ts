// Was every certificate of a path issued under a policy that is acceptable? (RFC 5280 6.1, RFC 9618)

import type { CertificateFacts } from '../../model/certificate.ts';
import type { ValidationOptions } from '../options.ts';
import { type Finding, invalid } from '../place.ts';

/** `path`: leaf first, anchor last. Stub: refuses what it cannot judge. */
export function checkPolicies(path: readonly CertificateFacts[], _options: ValidationOptions): Finding | undefined {
  const constrained = path.find(
    ({ known }) => known.policyConstraints !== undefined || known.inhibitAnyPolicy !== undefined,
  );
  return constrained === undefined ? undefined : invalid('policy constraints cannot be enforced');
}
