// Was every certificate of a path issued under a policy that is acceptable? (RFC 5280 6.1, RFC 9618)

import type { CertificateFacts } from '../../model/certificate.ts';
import { summarizeName } from '../../x509/name-text.ts';
import { ANY_POLICY } from '../../x509/policies.ts';
import type { ValidationOptions } from '../options.ts';
import { type Finding, invalid } from '../place.ts';
import { isSelfIssued } from '../self-issued.ts';
import { countDown, isExplicitAtEnd, type PolicyCounters, startCounters, tightenCounters } from './policy-counters.ts';
import { growLevel, isAnyHeld, mapLevel, type PolicyLevel, ROOT_LEVEL } from './policy-graph.ts';

/** What is known when the certificates above one are done. */
interface State {
  readonly counters: PolicyCounters;
  readonly level: PolicyLevel;
}

/**
 * `path`: leaf first, anchor last; the leaf alone where it is itself the anchor. Linear in the policies and mappings of
 * its certificates.
 *
 * An anchor is a key and a name to RFC 5280 (6.1.1 (d)). Here it keeps what its certificate says of policies as well
 * (RFC 5937): its constraints are in force below it, and where it names policies, others do not hold. One that names
 * none stands for all, whatever is inhibited, and so an ordinary root changes nothing.
 */
export function checkPolicies(path: readonly CertificateFacts[], options: ValidationOptions): Finding | undefined {
  let state: State = { counters: startCounters(path.length, options), level: ROOT_LEVEL };
  for (const certificate of path.toReversed()) {
    const level = levelOf(certificate, state, path);
    // 6.1.3 (f)
    if (level.size === 0 && state.counters.explicitPolicy === 0) return noneHolds(certificate);
    if (certificate === path[0]) return checkEnd(certificate, { ...state, level }, options);
    const finding = checkMappings(certificate);
    if (finding !== undefined) return finding;
    state = prepareNext(certificate, { ...state, level });
  }
  return undefined;
}

/** RFC 5280 6.1.3 (d) and (e). */
function levelOf(certificate: CertificateFacts, state: State, path: readonly CertificateFacts[]): PolicyLevel {
  const isAnchor = certificate === path.at(-1);
  const isLeaf = certificate === path[0];
  const policies = certificate.known.certificatePolicies ?? (isAnchor ? [ANY_POLICY] : []);
  // Self-issued, an authority carries anyPolicy over to its next key although it is inhibited; a leaf carries nothing.
  const isAnyFree = isAnchor || (isSelfIssued(certificate) && !isLeaf);
  return growLevel(state.level, policies, isAnyFree || state.counters.inhibitAnyPolicy > 0);
}

/** RFC 5280 6.1.4 (a). */
function checkMappings({ subject, known }: CertificateFacts): Finding | undefined {
  const isOfAny = known.policyMappings?.some(
    ({ issuerDomain, subjectDomain }) => issuerDomain === ANY_POLICY || subjectDomain === ANY_POLICY,
  );
  return isOfAny === true ? invalid(`${summarizeName(subject)} maps anyPolicy, which is forbidden`) : undefined;
}

/** RFC 5280 6.1.4 (b), (h), (i) and (j). */
function prepareNext(issuer: CertificateFacts, { counters, level }: State): State {
  const counted = isSelfIssued(issuer) ? counters : countDown(counters);
  return {
    level: mapLevel(level, issuer.known.policyMappings ?? [], counters.policyMapping === 0),
    counters: tightenCounters(counted, issuer),
  };
}

/** RFC 5280 6.1.5 (a), (b) and (g). */
function checkEnd(leaf: CertificateFacts, { counters, level }: State, options: ValidationOptions): Finding | undefined {
  if (!isExplicitAtEnd(counters, leaf) || isAnyHeld(level, new Set(options.policies))) return undefined;
  return level.size === 0 ? noneHolds(leaf) : invalid('none of the policies asked for holds along the path');
}

function noneHolds({ subject }: CertificateFacts): Finding {
  return invalid(`a policy is required, and none holds from the anchor down to ${summarizeName(subject)}`);
}
