// Do the certificates of a path have only names that an authority above them allows? (RFC 5280 4.2.1.10, 6.1.3 (b), (c))

import type { CertificateFacts, ConstrainedName, NameConstraints } from '../../model/certificate.ts';
import { summarizeName } from '../../x509/name-text.ts';
import { isSelfIssued } from '../self-issued.ts';
import { type ClaimedName, claimedNames } from './claimed-names.ts';
import { readSubtree, relate, type Subtree } from './subtrees.ts';

/** What one search for a path may spend on names, and what it has read of them: each certificate is read once. */
export interface NameWork {
  comparisonsLeft: number;
  readonly claims: Map<CertificateFacts, readonly ClaimedName[]>;
  readonly constraints: Map<NameConstraints, Constraints>;
}

interface Constraints {
  /** How many subtrees there are. */
  readonly size: number;
  readonly permitted: ReadonlyMap<string, readonly Subtree[]>;
  readonly excluded: ReadonlyMap<string, readonly Subtree[]>;
}

export type NameFinding =
  | { readonly check: 'name-constraints'; readonly at: CertificateFacts; readonly note: string }
  /** Nothing more may be compared. */
  | { readonly check: 'budget' };

export function startNameWork(maxComparisons: number): NameWork {
  return { comparisonsLeft: maxComparisons, claims: new Map(), constraints: new Map() };
}

/**
 * The constraints that `issuer` has, on all certificates below it, leaf first. Self-issued ones are spared, or no authority
 * with constraints could change its key; the leaf is not. Every authority is asked for itself, which is the
 * intersection of what is permitted and the union of what is excluded.
 */
export function checkNameConstraints(
  issuer: CertificateFacts,
  nameConstraints: NameConstraints,
  below: readonly CertificateFacts[],
  work: NameWork,
): NameFinding | undefined {
  const constraints = readConstraints(nameConstraints, work);
  for (const [index, certificate] of below.entries()) {
    if (index > 0 && isSelfIssued(certificate)) continue;
    const names = readClaims(certificate, index === 0, work);
    // Paid before they are made, and as if each name were compared with each subtree: the most that it may cost.
    work.comparisonsLeft -= names.length * constraints.size;
    if (work.comparisonsLeft < 0) return { check: 'budget' };
    for (const name of names) {
      const fault = findFault(name, constraints);
      if (fault === undefined) continue;
      const note = `${name.form} name ${name.text} ${fault}, constrained by ${summarizeName(issuer.subject)}`;
      return { check: 'name-constraints', at: certificate, note };
    }
  }
  return undefined;
}

/**
 * A form with permitted subtrees permits nothing else; one without is permitted as it is. What cannot be read lies in no
 * permitted subtree, and outside no excluded one: doubt refuses on both sides.
 */
function findFault(name: ClaimedName, { permitted, excluded }: Constraints): string | undefined {
  for (const subtree of excluded.get(name.form) ?? []) {
    const relation = relate(name.value, subtree);
    if (relation === 'unclear') return `cannot be told from the excluded subtree ${subtree.text}`;
    if (relation !== 'outside') return `is in the excluded subtree ${subtree.text}`;
  }
  const allowed = permitted.get(name.form);
  if (allowed === undefined || allowed.some((subtree) => relate(name.value, subtree) === 'inside')) return undefined;
  return `is in no permitted subtree (${allowed[0]?.text}${allowed.length > 1 ? ', ...' : ''})`;
}

function readClaims(certificate: CertificateFacts, isFinal: boolean, { claims }: NameWork): readonly ClaimedName[] {
  const known = claims.get(certificate) ?? claimedNames(certificate, isFinal);
  claims.set(certificate, known);
  return known;
}

function readConstraints(raw: NameConstraints, { constraints }: NameWork): Constraints {
  const { permitted = [], excluded = [] } = raw;
  const known = constraints.get(raw) ?? {
    size: permitted.length + excluded.length,
    permitted: groupByForm(permitted),
    excluded: groupByForm(excluded),
  };
  constraints.set(raw, known);
  return known;
}

function groupByForm(bases: readonly ConstrainedName[]): ReadonlyMap<string, readonly Subtree[]> {
  return Map.groupBy(bases.map(readSubtree), ({ form }) => form);
}
