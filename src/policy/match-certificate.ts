// Does a verified certificate satisfy an entry of `allow` or `deny`? Compared on parsed values, never on a rendered name.

import type { CertificateFacts } from '../model/certificate.ts';
import type { Account, Identity } from '../model/identity.ts';
import { foldAscii, matchesWildcard } from '../model/text.ts';
import { attributeOid, attributeValues } from '../x509/name-text.ts';
import { sidOf, templateOf } from '../x509/windows-extensions.ts';
import type { MatchOptions } from './options.ts';

export type CertificateMatcher = (identity: Identity) => boolean;

/** One key of an entry, so that whoever asks can be told which of them does not hold. */
export interface Condition {
  readonly key: string;
  readonly matches: CertificateMatcher;
}

export interface CompiledMatch {
  /** All conditions hold. */
  readonly matcher: CertificateMatcher;
  readonly conditions: readonly Condition[];
  /** Sentences. An entry that has any matches nobody. */
  readonly problems: readonly string[];
}

type Fold = (text: string) => string;
const keepCase: Fold = (text) => text;

type Test = (certificate: CertificateFacts) => boolean;

/**
 * Compiles one entry: all of its conditions must hold. `authorities` are the CA certificates of the trust stores that the
 * rule can meet; an issuer given by name must name exactly one of their keys (design rule 11). `caseSensitive` is about
 * what has no rule of its own: attributes of names, and URIs.
 */
export function compileMatch(
  options: MatchOptions,
  authorities: readonly CertificateFacts[],
  caseSensitive = true,
): CompiledMatch {
  const problems: string[] = [];
  const fold = caseSensitive ? keepCase : foldAscii;
  const conditions = [
    ...issuerConditions(options, authorities, fold, problems),
    ...certificateConditions(options, fold, problems),
    ...accountConditions(options),
  ];
  return { matcher: (identity) => conditions.every(({ matches }) => matches(identity)), conditions, problems };
}

function issuerConditions(
  { issuer, issuerKey }: MatchOptions,
  authorities: readonly CertificateFacts[],
  fold: Fold,
  problems: string[],
): Condition[] {
  const conditions: Condition[] = [];
  if (issuer !== undefined) {
    const key = resolveIssuer(issuer, authorities, fold, problems);
    conditions.push({ key: 'issuer', matches: ({ path }) => key !== undefined && issuerKeyOf(path) === key });
  }
  if (issuerKey !== undefined) {
    conditions.push({ key: 'issuerKey', matches: ({ path }) => issuerKeyOf(path) === issuerKey });
  }
  return conditions;
}

function certificateConditions(options: MatchOptions, fold: Fold, problems: string[]): Condition[] {
  const conditions: Condition[] = [];
  const add = <K extends keyof MatchOptions>(key: K, compile: (wanted: NonNullable<MatchOptions[K]>) => Test): void => {
    const wanted = options[key];
    if (wanted === undefined) return;
    const test = compile(wanted);
    conditions.push({ key, matches: ({ certificate }) => test(certificate) });
  };
  add('subject', (wanted) => compileName(wanted, fold, problems));
  add('serial', (wanted) => (certificate) => certificate.serial === wanted);
  add('fingerprint', (wanted) => (certificate) => certificate.fingerprint === wanted);
  add('publicKey', (wanted) => (certificate) => certificate.publicKey.spkiHash === wanted);
  add('ski', (wanted) => (certificate) => certificate.known.subjectKeyId === wanted);
  add('sid', (wanted) => (certificate) => matchesText(wanted, sidOf(certificate)));
  add('template', (wanted) => (certificate) => hasTemplate(certificate, wanted));
  add('eku', (wanted) => (certificate) => certificate.known.extendedKeyUsage?.includes(wanted) ?? false);
  add('san.dns', (wanted) => compileAltName('dns', wanted, foldAscii));
  add('san.uri', (wanted) => compileAltName('uri', wanted, fold));
  add('san.email', (wanted) => compileAltName('email', wanted, foldAscii));
  add('san.upn', (wanted) => compileAltName('upn', wanted, foldAscii));
  add('san.ip', (wanted) => compileAltName('ip', wanted, foldAscii));
  return conditions;
}

function accountConditions({ account, role, mapped = false }: MatchOptions): Condition[] {
  // Design rule 11: what a name in a certificate was mapped to must not pass for what the directory says of it.
  const knownTo = (identity: Identity): Account | undefined =>
    identity.account?.from === 'directory' || mapped ? identity.account : undefined;
  const conditions: Condition[] = [];
  if (account !== undefined) {
    const matches: CertificateMatcher = (identity) => {
      const known = knownTo(identity);
      return known !== undefined && matchesWildcard(account, known.name);
    };
    conditions.push({ key: 'account', matches });
  }
  if (role !== undefined) {
    const matches: CertificateMatcher = (identity) =>
      knownTo(identity)?.roles.some((each) => matchesWildcard(role, each)) ?? false;
    conditions.push({ key: 'role', matches });
  }
  return conditions;
}

/** The key of whoever issued the leaf, in the verified path. A path of one has no issuer. */
export function issuerKeyOf(path: readonly CertificateFacts[]): string | undefined {
  return path[1]?.publicKey.spkiHash;
}

/** Each attribute must have a value that matches; of a repeated attribute any value may (as in IIS). */
function compileName(
  attributes: Readonly<Partial<Record<string, string>>>,
  fold: Fold,
  problems: string[],
): (certificate: CertificateFacts) => boolean {
  const wanted: [string, string][] = [];
  for (const [type, pattern] of Object.entries(attributes)) {
    if (attributeOid(type) === undefined) problems.push(`"${type}" is no known attribute of a name; use a dotted OID`);
    else if (pattern !== undefined) wanted.push([type, fold(pattern)]);
  }
  return ({ subject }) =>
    wanted.every(([type, pattern]) =>
      attributeValues(subject, type).some((value) => matchesWildcard(pattern, fold(value))),
    );
}

function resolveIssuer(
  attributes: Readonly<Partial<Record<string, string>>>,
  authorities: readonly CertificateFacts[],
  fold: Fold,
  problems: string[],
): string | undefined {
  const matches = compileName(attributes, fold, problems);
  return theOnlyKey(authorities.filter(matches), problems);
}

/** The one key that all of these have; a problem where they have several, or where there are none. */
export function theOnlyKey(named: readonly CertificateFacts[], problems: string[]): string | undefined {
  const keys = new Set(named.map((authority) => authority.publicKey.spkiHash));
  if (keys.size === 1) return [...keys][0];
  problems.push(
    keys.size === 0
      ? 'the issuer names no certificate authority of the trust store; add its certificate to `anchors`, or use `issuerKey`'
      : `the issuer names ${keys.size} certificate authorities of the trust store; name one, or use \`issuerKey\``,
  );
  return undefined;
}

type TextKind = 'dns' | 'uri' | 'email' | 'upn' | 'ip';

/** Any name of the kind may match. */
function compileAltName(kind: TextKind, pattern: string, fold: Fold): Test {
  const wanted = fold(pattern);
  return ({ known }) =>
    (known.subjectAltNames ?? []).some((name) => name.kind === kind && matchesWildcard(wanted, fold(name.value)));
}

function hasTemplate(certificate: CertificateFacts, pattern: string): boolean {
  const { name, oid } = templateOf(certificate);
  return oid === pattern || matchesText(foldAscii(pattern), name && foldAscii(name));
}

/** What is not there matches no pattern, not even `*`. */
function matchesText(pattern: string, text: string | undefined): boolean {
  return text !== undefined && matchesWildcard(pattern, text);
}
