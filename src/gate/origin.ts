// May a page of this origin open a WebSocket here? Browsers send the client certificate with it, so any page could.

import type { Target } from '../model/exchange.ts';
import type { Site } from '../policy/compile.ts';

/** Origin must be absent (no browser), the site's own, or one of `origins` (RFC 6455 10.2). */
export function isOriginAllowed(
  sent: readonly string[],
  { authority }: Pick<Target, 'authority'>,
  { origins }: Pick<Site, 'origins'>,
): boolean {
  const [origin] = sent;
  if (origin === undefined) return true;
  return sent.length === 1 && (origin === `https://${authority}` || origins.includes(origin));
}
