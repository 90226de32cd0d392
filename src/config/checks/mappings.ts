// Do the mappings compile: do they name trust stores that exist, authorities that are known, and values there are?

import { compileMappings } from '../../policy/mapping/compile-mappings.ts';
import { authoritiesOf } from '../../trust/trust-store.ts';
import type { LoadedTrust } from '../files/trust-stores.ts';
import { suggest } from '../nearest.ts';
import type { Report } from '../report.ts';
import type { ResolvedSettings } from '../resolve.ts';

/** `trustStores`: every store there is. */
export function checkMappings(
  { mappings }: ResolvedSettings,
  trustStores: ReadonlyMap<string, LoadedTrust>,
  report: Report,
): void {
  const lost = new Set<number>();
  for (const [index, { trust = [] }] of mappings.entries()) {
    for (const name of [trust].flat()) {
      if (trustStores.has(name)) continue;
      lost.add(index);
      const remedy = suggest(name, trustStores.keys());
      report.error(['mappings', index, 'trust'], `no trust store is called "${name}"`, remedy);
    }
  }
  mappings.forEach(({ match, deny }, index) => {
    if (deny === undefined || match.fingerprint === undefined) return;
    // Design rule 11: of every ECDSA signature there is a twin, and with it another fingerprint.
    const message = 'a fingerprint keeps nobody out: whoever holds the certificate can change it';
    report.warning(['mappings', index, 'match', 'fingerprint'], message, 'name `issuer` and `serial`, or `publicKey`');
  });
  const authorities = new Map([...trustStores].map(([name, { store }]) => [name, authoritiesOf(store)]));
  const { problems } = compileMappings(mappings, authorities);
  for (const { path, message } of problems) {
    // Whose trust store is unknown has no authorities either, which is no news.
    if (lost.has(Number(path[0]))) continue;
    report.error(['mappings', ...path], message, 'correct the mapping');
  }
}
