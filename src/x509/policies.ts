// Under which policies was it issued, and what does it say about those of the path? (RFC 5280 4.2.1.4, 4.2.1.5, 4.2.1.11)

import type { PolicyConstraints, PolicyMapping } from '../model/certificate.ts';
import { type Element, expectTag, inside, insideEach, TAG } from './der.ts';
import { checkAny, readOid, readSmallInteger } from './der-values.ts';
import { Malformed } from './malformed.ts';

export const ANY_POLICY = '2.5.29.32.0';

/** RFC 5280 4.2.1.4: at least one, and each once. */
export function readCertificatePolicies(element: Element): string[] {
  const seen = new Set<string>();
  insideEach(expectTag(element, TAG.sequence), (item) => {
    const policy = inside(expectTag(item, TAG.sequence), (fields) => {
      const oid = readOid(fields.read('policyIdentifier', TAG.oid));
      const qualifiers = fields.readOptional('policyQualifiers', TAG.sequence);
      if (qualifiers !== undefined) checkQualifiers(qualifiers);
      return oid;
    });
    if (seen.has(policy)) throw new Malformed(item.where, `policy ${policy} is there twice`);
    seen.add(policy);
  });
  if (seen.size === 0) throw new Malformed(element.where, 'no policy');
  return [...seen];
}

function checkQualifiers(element: Element): void {
  const qualifiers = insideEach(element, (item) =>
    inside(expectTag(item, TAG.sequence), (fields) => {
      readOid(fields.read('policyQualifierId', TAG.oid));
      checkAny(fields.read('qualifier'));
    }),
  );
  if (qualifiers.length === 0) throw new Malformed(element.where, 'no qualifier');
}

/** RFC 5280 4.2.1.5: what anyPolicy would mean in a mapping is forbidden, and judged in validation (6.1.4 (a)). */
export function readPolicyMappings(element: Element): PolicyMapping[] {
  const mappings = insideEach(expectTag(element, TAG.sequence), (item) =>
    inside(expectTag(item, TAG.sequence), (fields) => ({
      issuerDomain: readOid(fields.read('issuerDomainPolicy', TAG.oid)),
      subjectDomain: readOid(fields.read('subjectDomainPolicy', TAG.oid)),
    })),
  );
  if (mappings.length === 0) throw new Malformed(element.where, 'no mapping');
  return mappings;
}

/** RFC 5280 4.2.1.11: one of the two at least. */
export function readPolicyConstraints(element: Element): PolicyConstraints {
  return inside(expectTag(element, TAG.sequence), (fields) => {
    const explicit = fields.readOptional('requireExplicitPolicy', 0x80);
    const mapping = fields.readOptional('inhibitPolicyMapping', 0x81);
    if (explicit === undefined && mapping === undefined) throw new Malformed(element.where, 'empty');
    return {
      requireExplicitPolicy: explicit && readSmallInteger(explicit),
      inhibitPolicyMapping: mapping && readSmallInteger(mapping),
    };
  });
}
