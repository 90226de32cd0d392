// Does it demand something that is not understood here?

import { EXTENSION } from '../../x509/extensions.ts';
import { type Check, invalid, listOids } from '../place.ts';

/**
 * Extensions whose meaning is enforced: by the checks of this room, and cRLDistributionPoints by revocation.
 * freshestCRL and authorityInfoAccess are read too, but must not be critical (RFC 5280 4.2.1.15, 4.2.2.1).
 */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  EXTENSION.keyUsage,
  EXTENSION.subjectAltName,
  EXTENSION.basicConstraints,
  EXTENSION.nameConstraints,
  EXTENSION.crlDistributionPoints,
  EXTENSION.certificatePolicies,
  EXTENSION.policyMappings,
  EXTENSION.policyConstraints,
  EXTENSION.extendedKeyUsage,
  EXTENSION.inhibitAnyPolicy,
]);

/** RFC 5280 4.2 and 6.1.4 (o), 6.1.5 (f). */
export const checkCriticalExtensions: Check = ({ certificate }) => {
  const strange = certificate.extensions.filter(({ critical, oid }) => critical && !UNDERSTOOD.has(oid));
  if (strange.length === 0) return undefined;
  const oids = listOids(strange.map(({ oid }) => oid));
  return invalid(`critical extension ${oids}: not understood here, or never to be critical`);
};
