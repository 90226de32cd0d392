// How do tests make paths whose certificates speak of policies, and judge them?

import type { Test } from 'tap';
import { type ValidationOptions, validationOptions } from '../../../src/validation/options.ts';
import { checkPolicies } from '../../../src/validation/policies/check-policies.ts';
import { encode, integer, oid, sequence, sequenceOf } from '../../../src/x509/der-writer.ts';
import { EXTENSION } from '../../../src/x509/extensions.ts';
import { ANY_POLICY } from '../../../src/x509/policies.ts';
import { makeRoot, type TestCertificate, type TestExtension } from '../../kit/pki.ts';

export const ANY = ANY_POLICY;
export const GOLD = '1.2.3.1';
export const SILVER = '1.2.3.2';
export const BRONZE = '1.2.3.3';

/** What a certificate says of policies. */
export interface Statement {
  readonly policies?: readonly string[];
  /** Pairs: policy of the issuer's domain, policy of the subject's. */
  readonly maps?: readonly (readonly [string, string])[];
  readonly requireExplicitPolicy?: number | undefined;
  readonly inhibitPolicyMapping?: number | undefined;
  readonly inhibitAnyPolicy?: number | undefined;
  /** Named like its issuer. */
  readonly selfIssued?: boolean;
}

export type PolicyOptions = Partial<
  Pick<ValidationOptions, 'policies' | 'requireExplicitPolicy' | 'inhibitPolicyMapping' | 'inhibitAnyPolicy'>
>;

/** Some policy is demanded, whichever. */
export const DEMANDED: PolicyOptions = { requireExplicitPolicy: true };

export const encodePolicies = (policies: readonly string[]) => sequenceOf(policies.map((id) => sequence(oid(id))));
export const encodeMappings = (maps: readonly (readonly [string, string])[]) =>
  sequenceOf(maps.map(([issuer, subject]) => sequence(oid(issuer), oid(subject))));

export function extensionsOf(statement: Statement): TestExtension[] {
  const { policies, maps, requireExplicitPolicy: explicit, inhibitPolicyMapping: mapping } = statement;
  const constraints = [
    ...(explicit === undefined ? [] : [encode(0x80, skipCerts(explicit))]),
    ...(mapping === undefined ? [] : [encode(0x81, skipCerts(mapping))]),
  ];
  const any = statement.inhibitAnyPolicy;
  return [
    ...(policies ? [{ oid: EXTENSION.certificatePolicies, value: encodePolicies(policies) }] : []),
    ...(maps ? [{ oid: EXTENSION.policyMappings, critical: true, value: encodeMappings(maps) }] : []),
    ...(constraints.length === 0
      ? []
      : [{ oid: EXTENSION.policyConstraints, critical: true, value: sequenceOf(constraints) }]),
    ...(any === undefined ? [] : [{ oid: EXTENSION.inhibitAnyPolicy, critical: true, value: integer(any) }]),
  ];
}

const skipCerts = (count: number) => Uint8Array.of(count);

/** The statements of a path from the first authority below the root to the leaf. The root says `root`. */
export function chainOf(statements: readonly Statement[], root: Statement = {}): TestCertificate {
  let top = makeRoot({ extensions: extensionsOf(root) });
  let name = 'Test Root';
  for (const [index, statement] of statements.entries()) {
    name = statement.selfIssued ? name : `Authority ${index}`;
    const options = { cn: name, extensions: extensionsOf(statement) };
    top = index === statements.length - 1 ? top.client(options) : top.intermediate(options);
  }
  return top;
}

export function judge(leaf: TestCertificate, options: PolicyOptions = {}) {
  const path = [leaf, ...leaf.issuers].map(({ facts }) => facts);
  return checkPolicies(path, { ...validationOptions.parse({}), ...options });
}

export function holds(t: Test, leaf: TestCertificate, options: PolicyOptions, message: string) {
  t.equal(judge(leaf, options)?.note, undefined, message);
}

/** `note`: which of the refusals it is. */
export function fails(t: Test, leaf: TestCertificate, options: PolicyOptions, note: RegExp, message: string) {
  t.match(judge(leaf, options), { code: 'certificate-invalid', note }, message);
}

export const NONE_HOLDS = /^a policy is required, and none holds from the anchor down to CN=/;
export const NOT_ASKED_FOR = /^none of the policies asked for holds along the path$/;
export const ANY_MAPPED = /^CN=.* maps anyPolicy, which is forbidden$/;
