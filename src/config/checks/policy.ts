// Do the rules compile: are their conditions known, and does each issuer name exactly one authority?

import type { CertificateFacts } from '../../model/certificate.ts';
import { compilePolicy } from '../../policy/compile.ts';
import { authoritiesOf } from '../../trust/trust-store.ts';
import type { LoadedTrust } from '../files/trust-stores.ts';
import type { Report } from '../report.ts';
import type { ResolvedSettings } from '../resolve.ts';
import { type ConfigPath, formatPath } from '../source.ts';

/** `trustStores`: every store that the rules name. */
export function checkPolicy(
  settings: ResolvedSettings,
  trustStores: ReadonlyMap<string, LoadedTrust>,
  report: Report,
): void {
  const authorities = (name: string): readonly CertificateFacts[] => {
    const loaded = trustStores.get(name);
    return loaded === undefined ? [] : authoritiesOf(loaded.store);
  };
  const { problems } = compilePolicy(settings.sites, authorities);
  if (problems.length === 0) return;
  const places = pathsWithin(settings.sites, ['sites']);
  for (const { path, message } of problems) {
    report.error(longestPrefix(places, path), message, 'correct the rule');
  }
}

/** The compiler says places as text; the longest one that exists is where to look. */
function longestPrefix(places: readonly ConfigPath[], text: string): ConfigPath {
  const fitting = places.filter((place) => text.startsWith(formatPath(place)));
  return fitting.reduce(
    (best, place) => (formatPath(place).length > formatPath(best).length ? place : best),
    ['sites'],
  );
}

function pathsWithin(value: unknown, path: ConfigPath): ConfigPath[] {
  if (typeof value !== 'object' || value === null) return [path];
  const children = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...children.flatMap(([key, child]) => pathsWithin(child, [...path, key]))];
}
