// Does this list cover this certificate, and for which reasons of revocation? (RFC 5280 5.2.5, 6.3.3 (b) and (d))

import type {
  CertificateFacts,
  CrlFacts,
  DistributionPoint,
  DistributionPointName,
  GeneralName,
} from '../model/certificate.ts';
import { REASON_FLAGS } from '../x509/crl-reasons.ts';
import { areSameOctets } from '../x509/der-values.ts';
import { matchKeyOf } from '../x509/name.ts';

/** RFC 5280 4.2.1.13: what a list must cover, alone or with others, to clear anybody. */
export const ALL_REASONS: ReadonlySet<string> = new Set(REASON_FLAGS.filter((reason) => reason !== undefined));

/** The reasons, or why it does not cover the certificate. */
export function findScope(crl: CrlFacts, certificate: CertificateFacts): ReadonlySet<string> | string {
  const points = certificate.known.crlDistributionPoints;
  const own = points.filter(({ crlIssuer }) => crlIssuer === undefined);
  if (points.length > 0 && own.length === 0) {
    return 'is none of the issuer that the certificate names for its CRLs, and indirect ones are not supported';
  }
  const scope = crl.issuingDistributionPoint;
  if (scope === undefined) return ALL_REASONS;
  if (scope.onlyContainsAttributeCerts) return 'is for attribute certificates only';
  const isAuthority = certificate.known.basicConstraints?.ca === true;
  if (scope.onlyContainsCaCerts && !isAuthority) return 'is for certificates of authorities only';
  // Before version 3 nobody can tell an authority from another certificate.
  if (scope.onlyContainsUserCerts && (isAuthority || certificate.version < 3)) {
    return 'is for certificates of end entities only';
  }
  const reasons = scope.onlySomeReasons ?? ALL_REASONS;
  if (scope.name === undefined) return reasons;
  const covering = own.filter((point) => isSameName(scope.name, point, certificate));
  if (covering.length === 0) return 'is for another distribution point than the certificate names';
  return new Set(
    covering.flatMap((point) => [...(point.reasons ?? ALL_REASONS)].filter((reason) => reasons.has(reason))),
  );
}

/** RFC 5280 6.3.3 (b) (2) (i): one name in common. Without cRLIssuer both are relative to the issuer of the certificate. */
function isSameName(
  listed: DistributionPointName | undefined,
  point: DistributionPoint,
  { issuer }: CertificateFacts,
): boolean {
  const namesOf = (name: DistributionPointName | undefined): readonly (GeneralName | string)[] => {
    if (name === undefined) return [];
    return name.kind === 'full' ? name.names : [matchKeyOf([...issuer.rdns, name.rdn])];
  };
  return namesOf(listed).some((name) => namesOf(point.name).some((other) => areSame(name, other)));
}

/** A text is the key of a directory name. */
function areSame(name: GeneralName | string, other: GeneralName | string): boolean {
  const key = directoryKeyOf(name);
  if (key !== undefined) return key === directoryKeyOf(other);
  if (typeof name === 'string' || typeof other === 'string') return false;
  // Octet by octet: of an address to fetch nobody knows what the case of its path means.
  if ('value' in name) return 'value' in other && name.kind === other.kind && name.value === other.value;
  return (
    name.kind === 'other' && other.kind === 'other' && name.type === other.type && areSameOctets(name.der, other.der)
  );
}

function directoryKeyOf(name: GeneralName | string): string | undefined {
  if (typeof name === 'string') return name;
  return name.kind === 'directoryName' ? name.name.matchKey : undefined;
}
