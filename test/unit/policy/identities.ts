// Identities for tests of the policy: certificates with the path that validation would have found.

import type { Identity } from '../../../src/model/identity.ts';
import type { TestCertificate } from '../../kit/pki.ts';

/** The whole path up to the root counts as verified. */
export function identityOf(leaf: TestCertificate, account?: Identity['account']): Identity {
  return { certificate: leaf.facts, path: [leaf, ...leaf.issuers].map(({ facts }) => facts), account };
}
