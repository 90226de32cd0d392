// Does it carry a constraint that cannot be enforced here?

import { type Check, invalid } from '../place.ts';

/** Extensions that constrain a path wherever they stand, with the sections of RFC 5280 that define them. */
const CONSTRAINTS: ReadonlyMap<string, string> = new Map([
  ['2.5.29.30', 'name constraints (4.2.1.10)'],
  ['2.5.29.36', 'policy constraints (4.2.1.11)'],
  ['2.5.29.54', 'inhibitAnyPolicy (4.2.1.14)'],
]);

/** Extensions that constrain it only where they are critical: without policies asked for, the rest is information. */
const CONSTRAINTS_IF_CRITICAL: ReadonlyMap<string, string> = new Map([
  ['2.5.29.32', 'critical certificate policies (4.2.1.4)'],
  ['2.5.29.33', 'critical policy mappings (4.2.1.5)'],
]);

/** Refuses what it cannot judge: to pass over a constraint is to accept what the authority above has forbidden. */
export const checkUnsupportedConstraints: Check = ({ certificate }) => {
  for (const { oid, critical } of certificate.extensions) {
    const name = CONSTRAINTS.get(oid) ?? (critical ? CONSTRAINTS_IF_CRITICAL.get(oid) : undefined);
    if (name !== undefined) return invalid(`${name} cannot be enforced`);
  }
  return undefined;
};
