// Does a verified certificate satisfy an entry of `allow` or `deny`? Compared on parsed values, never on a rendered name.

import type { CertificateFacts, GeneralName } from '../model/certificate.ts';
import type { Account, Identity } from '../model/identity.ts';
import { matchesWildcard } from '../model/text.ts';
import { attributeOid, attributeValues } from '../x509/name-text.ts';
import type { MatchOptions } from './options.ts';

export type CertificateMatcher = (identity: Identity) => boolean;

const SAN_KINDS = {
  'san.dns': { kind: 'dns', foldCase: true },
  'san.uri': { kind: 'uri', foldCase: false },
  'san.email': { kind: 'email', foldCase: true },
  'san.upn': { kind: 'upn', foldCase: true },
} as const;

/**
 * Compiles one entry: all of its conditions must hold. `authorities` are the CA certificates of the trust stores that the
 * rule can meet; an issuer given by name must name exactly one of their keys (design rule 11). Problems are returned as
 * sentences.
 */
export function compileMatch(
  options: MatchOptions,
  authorities: readonly CertificateFacts[],
): { matcher: CertificateMatcher; problems: readonly string[] } {
  const problems: string[] = [];
  const conditions: CertificateMatcher[] = [];

  if (options.subject !== undefined) {
    const matches = compileName(options.subject, problems);
    conditions.push(({ certificate }) => matches(certificate));
  }
  if (options.issuer !== undefined) {
    const key = resolveIssuer(options.issuer, authorities, problems);
    conditions.push(({ path }) => key !== undefined && issuerKeyOf(path) === key);
  }
  if (options.issuerKey !== undefined) conditions.push(({ path }) => issuerKeyOf(path) === options.issuerKey);
  if (options.serial !== undefined) conditions.push(({ certificate }) => certificate.serial === options.serial);
  if (options.fingerprint !== undefined) {
    conditions.push(({ certificate }) => certificate.fingerprint === options.fingerprint);
  }
  for (const [key, { kind, foldCase }] of Object.entries(SAN_KINDS)) {
    const pattern = options[key as keyof typeof SAN_KINDS];
    if (pattern !== undefined) conditions.push(({ certificate }) => hasAltName(certificate, kind, pattern, foldCase));
  }
  const { account, role } = options;
  if (account !== undefined) conditions.push((identity) => accountMatches(identity.account, account));
  if (role !== undefined)
    conditions.push(({ account: who }) => who?.roles.some((r) => matchesWildcard(role, r)) ?? false);

  return { matcher: (identity) => conditions.every((condition) => condition(identity)), problems };
}

/** The key of whoever issued the leaf, in the verified path. A path of one has no issuer. */
function issuerKeyOf(path: readonly CertificateFacts[]): string | undefined {
  return path[1]?.publicKey.spkiHash;
}

/** Each attribute must have a value that matches; of a repeated attribute any value may (as in IIS). */
function compileName(
  attributes: Readonly<Partial<Record<string, string>>>,
  problems: string[],
): (certificate: CertificateFacts) => boolean {
  const wanted: [string, string][] = [];
  for (const [type, pattern] of Object.entries(attributes)) {
    if (attributeOid(type) === undefined) problems.push(`"${type}" is no known attribute of a name; use a dotted OID`);
    else if (pattern !== undefined) wanted.push([type, pattern]);
  }
  return ({ subject }) =>
    wanted.every(([type, pattern]) => attributeValues(subject, type).some((value) => matchesWildcard(pattern, value)));
}

function resolveIssuer(
  attributes: Readonly<Partial<Record<string, string>>>,
  authorities: readonly CertificateFacts[],
  problems: string[],
): string | undefined {
  const matches = compileName(attributes, problems);
  const keys = new Set(authorities.filter(matches).map((authority) => authority.publicKey.spkiHash));
  if (keys.size === 1) return [...keys][0];
  problems.push(
    keys.size === 0
      ? 'the issuer names no certificate authority of the trust store; add its certificate to `anchors`, or use `issuerKey`'
      : `the issuer names ${keys.size} certificate authorities of the trust store; name one, or use \`issuerKey\``,
  );
  return undefined;
}

function hasAltName(certificate: CertificateFacts, kind: string, pattern: string, foldCase: boolean): boolean {
  const names = certificate.known.subjectAltNames ?? [];
  const wanted = foldCase ? pattern.toLowerCase() : pattern;
  return names.some(
    (name: GeneralName) =>
      name.kind === kind &&
      'value' in name &&
      matchesWildcard(wanted, foldCase ? name.value.toLowerCase() : name.value),
  );
}

function accountMatches(account: Account | undefined, pattern: string): boolean {
  return account !== undefined && matchesWildcard(pattern, account.name);
}
