// Sites and rules as configured -> the table that requests are looked up in. Done once, at start and reload.

import type { CertificateFacts } from '../model/certificate.ts';
import { canonicalHost } from './canonical-host.ts';
import type { PathAllowances, Reading } from './canonical-path.ts';
import { exactCase, foldCase, type PlacedPath, placePaths } from './enclosure.ts';
import { createHostTable } from './host-table.ts';
import type { Judgement } from './judge.ts';
import { type CertificateMatcher, compileMatch } from './match-certificate.ts';
import type { AccountMode, MatchOptions, Mode } from './options.ts';
import { createPathTable, type PathEntry, type PathTable } from './path-table.ts';

export type OnRefusal = 'respond' | 'close' | 'handshake';

export interface RuleSettings {
  readonly clientCertificate?: Mode | undefined;
  readonly account?: AccountMode | undefined;
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
  readonly tokenKeys?: boolean | undefined;
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
  /** Whether the keys of signed tokens are published here. */
  readonly tokenKeys: boolean;
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

/** How much a mode asks of a client. */
export const STRICTNESS: Readonly<Record<Mode, number>> = { require: 3, accept: 2, 'forward-unverified': 1, ignore: 0 };

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
  kind: 'allow' | 'deny',
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
  const entries = inherit(settings).flatMap(({ path, segments, merged, around }): PathEntry<Rule>[] => {
    const at = `.paths.${path}`;
    if (segments === undefined) {
      complain(at, 'the path is not in its canonical form and would never match');
      return [];
    }
    const rule = compileRule(merged, path, at);
    const strictest = Math.max(
      ...[settings, ...around].map((outer) => STRICTNESS[outer.clientCertificate ?? 'require']),
    );
    return [{ segments, rule, exactOnly: STRICTNESS[rule.mode] < strictest }];
  });
  const table = createPathTable(root, entries, settings.caseSensitive ? exactCase : foldCase);
  return {
    name,
    hosts: settings.hosts.map(canonicalPattern),
    urlPath: settings.urlPath,
    origins: settings.origins.map((origin) => new URL(origin).origin),
    sendIssuerList: settings.sendIssuerList,
    tokenKeys: settings.tokenKeys ?? false,
    rules: [root, ...entries.map(({ rule }) => rule)],
    match: (readings) => matchAll(table, readings),
  };
}

function canonicalPattern(host: string): string {
  if (host === '*') return host;
  return host.startsWith('*.') ? `*.${canonicalHost(host.slice(2)) ?? ''}` : (canonicalHost(host) ?? '');
}

/** Strictest first; of equally strict ones the last found, which takes the most reading into the path. */
function matchAll(table: PathTable<Rule>, readings: readonly Reading[]): readonly [Rule, ...Rule[]] {
  const [only, ...others] = readings;
  // A path without anything odd in it, which is nearly every one.
  if (only !== undefined && others.length === 0) return [table.find(only)];
  const found = new Set(readings.map((reading) => table.find(reading)));
  const sorted = [...found].reverse().sort((a, b) => STRICTNESS[b.mode] - STRICTNESS[a.mode]);
  return sorted as [Rule, ...Rule[]];
}

interface MergedRule extends Omit<PlacedPath, 'around'> {
  readonly merged: RuleSettings;
  /** The merged rules around it, nearest first; the site's own is not among them. */
  readonly around: readonly RuleSettings[];
}

/** Path rules with every key they do not set taken from the nearest enclosing one; outer paths come first. */
function inherit(site: SiteSettings): MergedRule[] {
  const merged = new Map<string, RuleSettings>();
  return placePaths(Object.keys(site.paths), site).map(({ path, segments, around }) => {
    const outer = around.flatMap((name) => merged.get(name) ?? []);
    const own = { ...(outer[0] ?? ownKeys(site)), ...defined(site.paths[path] ?? {}) };
    merged.set(path, own);
    return { path, segments, merged: own, around: outer };
  });
}

function ownKeys(site: SiteSettings): RuleSettings {
  const { clientCertificate, account, trust, upstream, allow, deny, onRefusal, reportOnly } = site;
  return { clientCertificate, account, trust, upstream, allow, deny, onRefusal, reportOnly };
}

function defined(rule: RuleSettings): RuleSettings {
  return Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined));
}

function compileJudgement(settings: RuleSettings, at: string, compileList: CompileList): TrustedJudgement {
  const { trust, allow, deny } = settings;
  return {
    // The safe side where nothing is said.
    mode: settings.clientCertificate ?? 'require',
    account: settings.account ?? 'optional',
    trust,
    allow: allow && compileList('allow', allow, trust, `${at}.allow`),
    deny: deny ? compileList('deny', deny, trust, `${at}.deny`) : [],
  };
}

/** Compiles each list once per trust store: rules that inherit it share it, and its problems are said once. */
function listCompiler(authoritiesOf: (trust: string) => readonly CertificateFacts[], complain: Complain): CompileList {
  const done = new Map<readonly MatchOptions[], Map<string | undefined, readonly CertificateMatcher[]>>();
  return (kind, list, trust, at) => {
    const byTrust = done.get(list) ?? new Map<string | undefined, readonly CertificateMatcher[]>();
    done.set(list, byTrust);
    const known = byTrust.get(trust);
    if (known !== undefined) return known;
    const authorities = trust === undefined ? [] : authoritiesOf(trust);
    const matchers = list.map((entry, index) => {
      // Whoever may not come in is kept out by whatever name: only who may has to be told by the directory itself.
      const { matcher, problems } = compileMatch(kind === 'deny' ? { mapped: true, ...entry } : entry, authorities);
      for (const message of problems) complain(`${at}[${index}]`, message);
      return matcher;
    });
    byTrust.set(trust, matchers);
    return matchers;
  };
}
