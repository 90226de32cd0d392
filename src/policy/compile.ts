// Sites and rules as configured -> the table that requests are looked up in. Done once, at start and reload.

import type { CertificateFacts } from '../model/certificate.ts';
import { canonicalHost } from './canonical-host.ts';
import { canonicalPath, type PathAllowances, type Reading } from './canonical-path.ts';
import { createHostTable } from './host-table.ts';
import type { Judgement } from './judge.ts';
import { type CertificateMatcher, compileMatch } from './match-certificate.ts';
import type { MatchOptions, Mode } from './options.ts';
import { createPathTable, exactCase, foldCase, type PathTable } from './path-table.ts';

export type OnRefusal = 'respond' | 'close' | 'handshake';

export interface RuleSettings {
  readonly clientCertificate?: Mode | undefined;
  readonly trust?: string | undefined;
  readonly upstream?: string | undefined;
  readonly allow?: readonly MatchOptions[] | undefined;
  readonly deny?: readonly MatchOptions[] | undefined;
  readonly onRefusal?: OnRefusal | undefined;
  readonly reportOnly?: Omit<RuleSettings, 'upstream' | 'reportOnly'> | undefined;
}

export interface SiteSettings extends RuleSettings {
  readonly hosts: readonly string[];
  readonly caseSensitive: boolean;
  readonly sendIssuerList: boolean;
  readonly origins: readonly string[];
  readonly urlPath: PathAllowances;
  readonly paths: Readonly<Record<string, RuleSettings>>;
}

/** A judgement under one trust store. */
export interface TrustedJudgement extends Judgement {
  /** Name of the trust store; undefined only where no certificate is read. */
  readonly trust: string | undefined;
}

export interface Rule extends TrustedJudgement {
  /** First host and path, as the log says it: `localhost/admin`. */
  readonly id: string;
  readonly site: string;
  readonly upstream: string | undefined;
  readonly onRefusal: OnRefusal;
  /** Judged and counted beside the rule; changes nothing. */
  readonly reportOnly: TrustedJudgement | undefined;
}

export interface Site {
  /** Its first host: what logs and metrics call it. */
  readonly name: string;
  readonly hosts: readonly string[];
  readonly urlPath: PathAllowances;
  readonly origins: readonly string[];
  readonly sendIssuerList: boolean;
  /** The site's own rule first, then those of its paths. */
  readonly rules: readonly Rule[];
  /**
   * The rules a path may fall under, strictest first; one unless the path can be read in several ways. Each of them must
   * allow the request; the first is the one in force.
   */
  match(readings: readonly Reading[]): readonly [Rule, ...Rule[]];
}

export interface Policy {
  readonly sites: readonly Site[];
  /** The most exact site of a canonical host: its name, then `*.suffix`, then `*`. */
  siteOf(host: string): Site | undefined;
}

const STRICTNESS: Readonly<Record<Mode, number>> = { require: 3, accept: 2, 'forward-unverified': 1, ignore: 0 };

export interface CompiledPolicy {
  readonly policy: Policy;
  /** What cannot be compiled, by the path of the configuration key. */
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

/** Compiles all sites. `authoritiesOf` gives the CA certificates of a trust store, to resolve issuers by name. */
export function compilePolicy(
  sites: readonly SiteSettings[],
  authoritiesOf: (trust: string) => readonly CertificateFacts[],
): CompiledPolicy {
  const problems: { path: string; message: string }[] = [];
  const compiled = sites.map((site, index) =>
    compileSite(site, authoritiesOf, (path, message) => problems.push({ path: `sites[${index}]${path}`, message })),
  );
  const table = createHostTable(compiled.flatMap((site) => site.hosts.map((host) => [host, site] as const)));
  return { policy: { sites: compiled, siteOf: table.find }, problems };
}

type Complain = (path: string, message: string) => void;
type CompileList = (
  list: readonly MatchOptions[],
  trust: string | undefined,
  at: string,
) => readonly CertificateMatcher[];

function compileSite(
  settings: SiteSettings,
  authoritiesOf: (trust: string) => readonly CertificateFacts[],
  complain: Complain,
): Site {
  const name = settings.hosts[0] ?? '*';
  const compileList = listCompiler(authoritiesOf, complain);
  const compileRule = (merged: RuleSettings, path: string, at: string): Rule => {
    const enforced = compileJudgement(merged, at, compileList);
    const report = merged.reportOnly;
    return {
      ...enforced,
      id: `${name}${path}`,
      site: name,
      upstream: merged.upstream,
      onRefusal: merged.onRefusal ?? 'respond',
      reportOnly: report && compileJudgement({ ...merged, ...defined(report) }, `${at}.reportOnly`, compileList),
    };
  };

  const root = compileRule(settings, '/', '');
  const rules: [Reading, Rule][] = [];
  for (const [path, merged] of inherit(settings)) {
    const reading = canonicalPath(path, settings.urlPath)?.readings[0];
    if (reading === undefined)
      complain(`.paths.${path}`, 'the path is not in its canonical form and would never match');
    else rules.push([reading, compileRule(merged, path, `.paths.${path}`)]);
  }

  const exact = createPathTable(root, rules, exactCase);
  const tables = settings.caseSensitive ? [exact] : [exact, createPathTable(root, rules, foldCase)];
  return {
    name,
    hosts: settings.hosts.map(canonicalPattern),
    urlPath: settings.urlPath,
    origins: settings.origins.map((origin) => new URL(origin).origin),
    sendIssuerList: settings.sendIssuerList,
    rules: [root, ...rules.map(([, rule]) => rule)],
    match: (readings) => matchAll(root, tables, readings),
  };
}

function canonicalPattern(host: string): string {
  if (host === '*') return host;
  return host.startsWith('*.') ? `*.${canonicalHost(host.slice(2)) ?? ''}` : (canonicalHost(host) ?? '');
}

/**
 * Exact and folded case are two readings as well. So a rule that tightens also holds for `/ADMIN`, and one that loosens
 * only in its own case: for `/PUBLIC` the enclosing rule must allow too, and it is the stricter one.
 */
function matchAll(
  root: Rule,
  tables: readonly PathTable<Rule>[],
  readings: readonly Reading[],
): readonly [Rule, ...Rule[]] {
  const found = new Set<Rule>();
  for (const table of tables) for (const reading of readings) found.add(table.find(reading));
  if (found.size === 1) return [...found] as [Rule];
  const [first = root, ...rest] = [...found].sort((a, b) => STRICTNESS[b.mode] - STRICTNESS[a.mode]);
  return [first, ...rest];
}

/** Path rules with every key they do not set taken from the nearest enclosing one; outer paths come first. */
function inherit(site: SiteSettings): [string, RuleSettings][] {
  const merged = new Map<string, RuleSettings>();
  const paths = Object.keys(site.paths).sort((a, b) => trimSlash(a).length - trimSlash(b).length);
  for (const path of paths) {
    const enclosing = [...merged].findLast(([outer]) => encloses(outer, path))?.[1] ?? ownKeys(site);
    merged.set(path, { ...enclosing, ...defined(site.paths[path] ?? {}) });
  }
  return [...merged];
}

function ownKeys(site: SiteSettings): RuleSettings {
  const { clientCertificate, trust, upstream, allow, deny, onRefusal, reportOnly } = site;
  return { clientCertificate, trust, upstream, allow, deny, onRefusal, reportOnly };
}

function defined(rule: RuleSettings): RuleSettings {
  return Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined));
}

function encloses(outer: string, inner: string): boolean {
  return `${trimSlash(inner)}/`.startsWith(`${trimSlash(outer)}/`);
}

function trimSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

function compileJudgement(settings: RuleSettings, at: string, compileList: CompileList): TrustedJudgement {
  const { trust, allow, deny } = settings;
  return {
    // The safe side where nothing is said.
    mode: settings.clientCertificate ?? 'require',
    trust,
    allow: allow && compileList(allow, trust, `${at}.allow`),
    deny: deny ? compileList(deny, trust, `${at}.deny`) : [],
  };
}

/** Compiles each list once per trust store: rules that inherit it share it, and its problems are said once. */
function listCompiler(authoritiesOf: (trust: string) => readonly CertificateFacts[], complain: Complain): CompileList {
  const done = new Map<readonly MatchOptions[], Map<string | undefined, readonly CertificateMatcher[]>>();
  return (list, trust, at) => {
    const byTrust = done.get(list) ?? new Map<string | undefined, readonly CertificateMatcher[]>();
    done.set(list, byTrust);
    const known = byTrust.get(trust);
    if (known !== undefined) return known;
    const authorities = trust === undefined ? [] : authoritiesOf(trust);
    const matchers = list.map((entry, index) => {
      const { matcher, problems } = compileMatch(entry, authorities);
      for (const message of problems) complain(`${at}[${index}]`, message);
      return matcher;
    });
    byTrust.set(trust, matchers);
    return matchers;
  };
}
