// Does it demand something that is not understood here?

import { type Check, invalid } from '../place.ts';

/**
 * Extensions whose meaning is enforced by the checks of this folder. Those that `unsupported-constraints` names are
 * recognised too: it refuses them by name, critical or not.
 */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  '2.5.29.15', // keyUsage
  '2.5.29.17', // subjectAltName
  '2.5.29.19', // basicConstraints
  '2.5.29.30', // nameConstraints
  '2.5.29.32', // certificatePolicies
  '2.5.29.33', // policyMappings
  '2.5.29.36', // policyConstraints
  '2.5.29.37', // extendedKeyUsage
  '2.5.29.54', // inhibitAnyPolicy
]);

/** RFC 5280 4.2 and 6.1.4 (o), 6.1.5 (f). */
export const checkCriticalExtensions: Check = ({ certificate }) => {
  const strange = certificate.extensions.find(({ critical, oid }) => critical && !UNDERSTOOD.has(oid));
  return strange === undefined ? undefined : invalid(`unknown critical extension ${strange.oid}`);
};
