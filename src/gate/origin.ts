// May a page of this origin open a WebSocket here? Browsers send the client certificate with it, so any page could.

import type { Target } from '../model/exchange.ts';
import type { Site } from '../policy/compile.ts';

/** Origin must be absent (no browser), the site's own, or one of `origins` (RFC 6455 10.2). */
export function isOriginAllowed(raw: readonly string[], target: Target, site: Pick<Site, 'origins'>): boolean {
  const origins: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if (raw[index]?.toLowerCase() === 'origin') origins.push(raw[index + 1] ?? '');
  }
  const [origin] = origins;
  if (origin === undefined) return true;
  return origins.length === 1 && (origin === `https://${target.authority}` || site.origins.includes(origin));
}
