// The settings as everything above sees them: trust stores and upstreams by name only, whether defined apart or in a rule.

import { dirname, resolve } from 'node:path';
import type { NamedPart, Parts } from './parts.ts';
import type { Settings, SiteSettings, UpstreamSettings } from './schema.ts';
import { type ConfigPath, findPlace, formatPath, type SourceNode } from './source.ts';

type RuleSettings = SiteSettings['paths'][string];
type ReportOnly = NonNullable<RuleSettings['reportOnly']>;

type WithNames<T> = Omit<T, 'trust' | 'upstream' | 'reportOnly'> & { readonly trust: string | undefined };

export type ResolvedReportOnly = WithNames<ReportOnly>;

export type ResolvedRule = WithNames<RuleSettings> & {
  readonly upstream: string | undefined;
  readonly reportOnly: ResolvedReportOnly | undefined;
};

export type ResolvedSite = Omit<WithNames<SiteSettings>, 'paths'> & {
  readonly upstream: string | undefined;
  readonly reportOnly: ResolvedReportOnly | undefined;
  readonly paths: Readonly<Record<string, ResolvedRule>>;
};

export type ResolvedSettings = Readonly<
  Omit<Settings, 'sites' | 'upstreams'> & {
    sites: readonly ResolvedSite[];
    upstreams: Readonly<Record<string, UpstreamSettings>>;
  }
>;

/** Names what stands in rules, and makes the path of the log file absolute. The result is frozen to the last value. */
export function resolveSettings(settings: Settings, parts: Parts, root: SourceNode): ResolvedSettings {
  const names = new Map([...parts.trust, ...parts.upstreams].map(({ path, name }) => [formatPath(path), name]));
  const nameOf = (value: unknown, path: ConfigPath): string | undefined =>
    typeof value === 'string' ? value : value === undefined ? undefined : names.get(formatPath(path));

  const resolveReport = (report: ReportOnly | undefined, at: ConfigPath): ResolvedReportOnly | undefined =>
    report && { ...report, trust: nameOf(report.trust, [...at, 'reportOnly', 'trust']) };
  const references = (rule: RuleSettings, at: ConfigPath) => ({
    trust: nameOf(rule.trust, [...at, 'trust']),
    upstream: nameOf(rule.upstream, [...at, 'upstream']),
    reportOnly: resolveReport(rule.reportOnly, at),
  });

  const sites = settings.sites.map((site, index): ResolvedSite => {
    const at = ['sites', index];
    const paths = Object.entries(site.paths).map(([path, rule]): [string, ResolvedRule] => {
      return [path, { ...rule, ...references(rule, [...at, 'paths', path]) }];
    });
    return { ...site, ...references(site, at), paths: Object.fromEntries(paths) };
  });
  return deepFreeze({
    ...settings,
    sites,
    trust: byName(parts.trust),
    upstreams: byName(parts.upstreams),
    log: resolveLog(settings.log, root),
  });
}

function resolveLog(log: Settings['log'], root: SourceNode): Settings['log'] {
  if (log.file === undefined) return log;
  return { ...log, file: resolve(dirname(findPlace(root, ['log', 'file']).file), log.file) };
}

function byName<T>(parts: readonly NamedPart<T>[]): Record<string, T> {
  return Object.fromEntries(parts.map(({ name, options }) => [name, options]));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
