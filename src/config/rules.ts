// Which rules are there, what do they inherit, and what is in force in each? The check's view; `policy` compiles the same.

import { placePaths } from '../policy/enclosure.ts';
import type { Mode } from '../policy/options.ts';
import type { ResolvedRule, ResolvedSettings, ResolvedSite } from './resolve.ts';
import type { ConfigPath } from './source.ts';

export interface RulePlace {
  readonly path: ConfigPath;
  /** What the rule says itself; a site is its own rule for `/`. */
  readonly rule: ResolvedRule | ResolvedSite;
  /** The rules around it, nearest first, the site last; empty for the site. */
  readonly around: readonly (ResolvedRule | ResolvedSite)[];
}

/** Every rule of every site. */
export function rulePlaces(settings: ResolvedSettings): RulePlace[] {
  return settings.sites.flatMap((site, index) => rulesOfSite(site, index));
}

/** The site first, then its paths, outer ones before those they enclose. */
export function rulesOfSite(site: ResolvedSite, index: number): RulePlace[] {
  const ruleAt = (path: string): ResolvedRule[] => (site.paths[path] === undefined ? [] : [site.paths[path]]);
  const inner = placePaths(Object.keys(site.paths), site).flatMap(({ path, around }) =>
    ruleAt(path).map((rule): RulePlace => {
      return { path: ['sites', index, 'paths', path], rule, around: [...around.flatMap(ruleAt), site] };
    }),
  );
  return [{ path: ['sites', index], rule: site, around: [] }, ...inner];
}

/** The mode in force: the rule's own or the nearest one around it; `require` where nobody says anything. */
export function modeInForce({ rule, around }: Pick<RulePlace, 'rule' | 'around'>): Mode {
  return [rule, ...around].find((outer) => outer.clientCertificate !== undefined)?.clientCertificate ?? 'require';
}

/** The name of the trust store in force. */
export function trustInForce({ rule, around }: Pick<RulePlace, 'rule' | 'around'>): string | undefined {
  return [rule, ...around].find((outer) => outer.trust !== undefined)?.trust;
}

/** What would be in force without the rule itself; undefined for a site, which has nothing around it. */
export function parentOf({ around }: RulePlace): Pick<RulePlace, 'rule' | 'around'> | undefined {
  const [rule, ...outer] = around;
  return rule && { rule, around: outer };
}
