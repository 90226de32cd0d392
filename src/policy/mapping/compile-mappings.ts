// Mappings as configured -> the list that certificates are tried against. Done once, at start and reload.

import type { CertificateFacts } from '../../model/certificate.ts';
import { foldAscii } from '../../model/text.ts';
import { type Condition, compileMatch } from '../match-certificate.ts';
import { type AccountTemplate, compileAccountTemplate } from './account-template.ts';
import { type AltSecurityIdentity, compileAltSecurityIdentity, type Strength } from './alt-security-identity.ts';
import type { MappingOptions } from './options.ts';

export interface MappingCondition extends Condition {
  /** Why it does not hold although somebody may think so. */
  readonly hint?: (certificate: CertificateFacts) => string | undefined;
}

export interface CompiledMapping {
  /** Its name, or its place: `mappings[0]`. */
  readonly id: string;
  readonly enabled: boolean;
  /** Names of trust stores; undefined: any, for a condition names the key of the issuer. */
  readonly trust: ReadonlySet<string> | undefined;
  readonly conditions: readonly MappingCondition[];
  /** undefined: who matches is denied. */
  readonly account: AccountTemplate | undefined;
  /** How sure it is whose certificate it is. */
  readonly strength: Strength;
}

export interface MappingProblem {
  /** Below `mappings`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export interface CompiledMappings {
  /** In order. Where there are problems some are missing, and the list must not be used. */
  readonly mappings: readonly CompiledMapping[];
  readonly problems: readonly MappingProblem[];
}

/** CA certificates by the name of their trust store. */
export type Authorities = ReadonlyMap<string, readonly CertificateFacts[]>;

/** Compiles all of them. Whoever is named as issuer must be one key among the authorities of the trust stores meant. */
export function compileMappings(options: readonly MappingOptions[], authorities: Authorities): CompiledMappings {
  const problems: MappingProblem[] = [];
  const mappings: CompiledMapping[] = [];
  const ids = new Set<string>();
  for (const [index, option] of options.entries()) {
    const id = option.name ?? `mappings[${index}]`;
    const complain: Complain = (path, message) => problems.push({ path: [index, ...path], message });
    if (ids.has(id)) complain(['name'], `two mappings are called ${id}`);
    ids.add(id);
    const mapping = compileMapping(id, option, authorities, complain);
    if (mapping !== undefined) mappings.push(mapping);
  }
  return { mappings, problems };
}

type Complain = (path: readonly (string | number)[], message: string) => void;

function compileMapping(
  id: string,
  options: MappingOptions,
  authorities: Authorities,
  complain: Complain,
): CompiledMapping | undefined {
  const { enabled, caseSensitive } = options;
  const names = options.trust === undefined ? undefined : [options.trust].flat();
  for (const name of names ?? []) if (!authorities.has(name)) complain(['trust'], `no trust store is called "${name}"`);
  const known = [...(names ?? authorities.keys())].flatMap((name) => authorities.get(name) ?? []);

  const identities = compileIdentities(options, known, complain);
  const conditions = compileConditions(options, known, identities, complain);
  const account = options.account === undefined ? undefined : compileAccountTemplate(options.account, caseSensitive);
  if (typeof account === 'string') {
    complain(['account'], account);
    return undefined;
  }
  checkIssuer(options, identities, account, complain);
  const strength = isStrong(options, identities, account) ? 'strong' : 'weak';
  return { id, enabled, trust: names && new Set(names), conditions, account, strength };
}

function compileConditions(
  { match, caseSensitive }: MappingOptions,
  known: readonly CertificateFacts[],
  identities: readonly AltSecurityIdentity[],
  complain: Complain,
): MappingCondition[] {
  const { altSecurityIdentities, ...plain } = match;
  const { conditions, problems } = compileMatch(plain, known, caseSensitive);
  for (const message of problems) complain(['match'], message);
  if (altSecurityIdentities === undefined) return [...conditions];
  const oneOf: MappingCondition = {
    key: 'altSecurityIdentities',
    matches: (identity) => identities.some(({ matches }) => matches(identity)),
    hint: (certificate) => identities.map(({ hint }) => hint(certificate)).find((hint) => hint !== undefined),
  };
  return [...conditions, oneOf];
}

function compileIdentities(
  { match, caseSensitive }: MappingOptions,
  known: readonly CertificateFacts[],
  complain: Complain,
): AltSecurityIdentity[] {
  const fold = caseSensitive ? (text: string) => text : foldAscii;
  return (match.altSecurityIdentities ?? []).flatMap((text, index) => {
    const identity = compileAltSecurityIdentity(text, known, fold);
    if (typeof identity !== 'string') return [identity];
    complain(['match', 'altSecurityIdentities', index], identity);
    return [];
  });
}

/** Design rule 11: what an authority says counts only where somebody has said that it may say it. */
function checkIssuer(
  { trust, match }: MappingOptions,
  identities: readonly AltSecurityIdentity[],
  account: AccountTemplate | undefined,
  complain: Complain,
): void {
  const namesIssuer = match.issuer !== undefined || match.issuerKey !== undefined;
  const all = match.altSecurityIdentities !== undefined && identities.every((identity) => identity.namesIssuer);
  if (trust === undefined && !namesIssuer && !all) {
    complain(
      [],
      'any authority of any trust store could issue a certificate that matches: name `trust`, or the issuer',
    );
  }
  if (namesIssuer) return;
  // RFC 5280 4.1.2.2: a serial is unique under its issuer only.
  const message = 'a serial number means nothing without its issuer: set `issuer` or `issuerKey`';
  if (match.serial !== undefined) complain(['match', 'serial'], message);
  if (account?.variables.some(({ name }) => name === 'serial')) complain(['account'], message);
}

/** KB5014754: the certificate, its key or its SID is named, or the account is named by what the CA writes only for it. */
function isStrong(
  { match }: MappingOptions,
  identities: readonly AltSecurityIdentity[],
  account: AccountTemplate | undefined,
): boolean {
  const { serial, fingerprint, publicKey, ski, sid } = match;
  const isExact = (pattern: string): boolean => !/[*?]/.test(pattern);
  if (serial ?? fingerprint ?? publicKey ?? ski) return true;
  if (sid !== undefined && isExact(sid)) return true;
  if (identities.length > 0 && identities.every(({ strength }) => strength === 'strong')) return true;
  return account !== undefined && account.variables.length > 0 && account.variables.every(({ strong }) => strong);
}
