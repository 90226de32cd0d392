// Do the names of trust stores and upstreams in rules lead somewhere?

import { suggest } from '../nearest.ts';
import type { Report } from '../report.ts';
import type { ResolvedSettings } from '../resolve.ts';
import { rulePlaces } from '../rules.ts';

export function checkReferences(settings: ResolvedSettings, report: Report): void {
  for (const { path, rule } of rulePlaces(settings)) {
    const { trust, upstream, reportOnly } = rule;
    if (trust !== undefined && !Object.hasOwn(settings.trust, trust)) {
      report.error(
        [...path, 'trust'],
        `no trust store is called "${trust}"`,
        suggest(trust, Object.keys(settings.trust)),
      );
    }
    if (upstream !== undefined && !Object.hasOwn(settings.upstreams, upstream)) {
      const remedy = suggest(upstream, Object.keys(settings.upstreams));
      report.error([...path, 'upstream'], `no upstream is called "${upstream}"`, remedy);
    }
    const reported = reportOnly?.trust;
    if (reported !== undefined && !Object.hasOwn(settings.trust, reported)) {
      const remedy = suggest(reported, Object.keys(settings.trust));
      report.error([...path, 'reportOnly', 'trust'], `no trust store is called "${reported}"`, remedy);
    }
  }
}
