// Can each path rule match, and is there one rule only for each path?

import { type CanonicalPath, canonicalPath } from '../../policy/canonical-path.ts';
import { exactCase, foldCase } from '../../policy/enclosure.ts';
import type { Report } from '../report.ts';
import type { ResolvedSettings, ResolvedSite } from '../resolve.ts';

export function checkPaths(settings: ResolvedSettings, report: Report): void {
  settings.sites.forEach((site, index) => {
    checkSite(site, index, report);
  });
}

function checkSite(site: ResolvedSite, index: number, report: Report): void {
  const fold = site.caseSensitive ? exactCase : foldCase;
  // A site is its own rule for `/`.
  const taken = new Map([['', 'the site itself']]);
  for (const key of Object.keys(site.paths)) {
    const path = ['sites', index, 'paths', key];
    if (key.includes('*')) {
      const plain = key.slice(0, key.indexOf('*')).replace(/(.)\/+$/, '$1');
      const remedy = `write "${plain}": a rule holds for everything under its path`;
      report.keyError(path, 'a path has no wildcards, and * would match itself only', remedy);
      continue;
    }
    const canonical = canonicalPath(key, site.urlPath);
    if (canonical?.path !== key) {
      report.keyError(path, 'the path is not in its plain form and would never match', describePlainForm(canonical));
      continue;
    }
    const folded = (canonical.readings[0] ?? []).map(fold).join('/');
    const other = taken.get(folded);
    if (other === undefined) taken.set(folded, key);
    else report.keyError(path, `this is the path of ${other} too`, 'join the two rules into one');
  }
}

function describePlainForm(canonical: CanonicalPath | undefined): string {
  if (canonical !== undefined) return `write "${canonical.path}"`;
  return 'use no "//", no dot segment, no segment that ends in a dot, none of ; ? # \\, and %xx for what is not ASCII';
}
