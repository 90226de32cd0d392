// Which policies hold from the anchor down to one certificate? The graph of RFC 9618.
//
// Only its newest level is held. What lies above hangs on it by `parents`, so that a branch which leads nowhere is out
// of reach, which is all that pruning (RFC 5280 6.1.3 (d)(3)) is for. A level has one node for each policy of its
// certificate and of its mappings, and an edge for each mapping above: the tree of RFC 5280 multiplies them instead.

import type { PolicyMapping } from '../../model/certificate.ts';
import { ANY_POLICY } from '../../x509/policies.ts';

export interface PolicyNode {
  /** valid_policy, an OID. */
  readonly policy: string;
  /** expected_policy_set: by which of its policies the next certificate goes on with this one. Each once. */
  readonly expected: readonly string[];
  /** Of the level above; never empty but at the root. */
  readonly parents: readonly PolicyNode[];
}

/** The nodes of one certificate by policy. Empty: no policy is left, which the RFC calls a graph that is NULL. */
export type PolicyLevel = ReadonlyMap<string, PolicyNode>;

/** RFC 5280 6.1.2 (a): above the first certificate every policy holds. */
export const ROOT_LEVEL: PolicyLevel = new Map([
  [ANY_POLICY, { policy: ANY_POLICY, expected: [ANY_POLICY], parents: [] }],
]);

/** RFC 5280 6.1.3 (d) and (e), in the form of RFC 9618: the level of a certificate that has these policies. */
export function growLevel(above: PolicyLevel, policies: readonly string[], isAnyAllowed: boolean): PolicyLevel {
  const parentsOf = nodesByExpected(above);
  const level = new Map<string, PolicyNode>();
  for (const policy of policies) {
    // (d)(1): under the nodes that expect it, else under anyPolicy, which expects all.
    const parents = parentsOf.get(policy) ?? parentsOf.get(ANY_POLICY);
    if (policy !== ANY_POLICY && parents !== undefined) level.set(policy, nodeUnder(parents, policy));
  }
  if (!isAnyAllowed || !policies.includes(ANY_POLICY)) return level;
  // (d)(2): anyPolicy goes on with whatever is expected and was not named.
  for (const [policy, parents] of parentsOf) if (!level.has(policy)) level.set(policy, nodeUnder(parents, policy));
  return level;
}

function nodeUnder(parents: readonly PolicyNode[], policy: string): PolicyNode {
  return { policy, expected: [policy], parents };
}

function nodesByExpected(level: PolicyLevel): ReadonlyMap<string, readonly PolicyNode[]> {
  const nodes = new Map<string, PolicyNode[]>();
  for (const node of level.values()) for (const policy of node.expected) append(nodes, policy, node);
  return nodes;
}

/** RFC 5280 6.1.4 (b), likewise: the next certificate may go on with a mapped policy under its other names only. */
export function mapLevel(level: PolicyLevel, mappings: readonly PolicyMapping[], isInhibited: boolean): PolicyLevel {
  const subjectsOf = new Map<string, string[]>();
  for (const { issuerDomain, subjectDomain } of mappings) append(subjectsOf, issuerDomain, subjectDomain);
  const mapped = new Map(level);
  for (const [policy, subjects] of subjectsOf) {
    // A policy that is not named holds where anyPolicy does, and then beside it: under the same parent.
    const parents = (level.get(policy) ?? level.get(ANY_POLICY))?.parents;
    if (isInhibited) mapped.delete(policy);
    else if (parents !== undefined) mapped.set(policy, { policy, expected: [...new Set(subjects)], parents });
  }
  return mapped;
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

/**
 * RFC 5280 6.1.5 (g), likewise: does one of the `wanted` policies hold along the whole path? They are meant as the
 * anchor means them: what counts of a branch is the policy at its top, where it leaves anyPolicy.
 */
export function isAnyHeld(level: PolicyLevel, wanted: ReadonlySet<string>): boolean {
  if (wanted.has(ANY_POLICY) || level.has(ANY_POLICY)) return level.size > 0;
  // A set gives what is added during the loop as well, and each node once.
  const reached = new Set(level.values());
  for (const { policy, parents } of reached) {
    const isTop = parents.some((parent) => parent.policy === ANY_POLICY);
    if (isTop && wanted.has(policy)) return true;
    if (!isTop) for (const parent of parents) reached.add(parent);
  }
  return false;
}
