// What a request is for: its canonical host and path, the site, and the rules; or why there are none.

import type { Evidence } from '../model/evidence.ts';
import type { Target } from '../model/exchange.ts';
import type { ReasonCode, Refusal } from '../model/reasons.ts';
import { canonicalAuthority } from '../policy/canonical-host.ts';
import { canonicalPath } from '../policy/canonical-path.ts';
import type { Policy, Rule, Site } from '../policy/compile.ts';
import type { HostTable } from '../policy/host-table.ts';

export interface ReadTarget {
  readonly target: Target;
  readonly site: Site;
  readonly rules: readonly [Rule, ...Rule[]];
}

export interface TargetContext {
  readonly policy: Policy;
  /** What a client without SNI may ask for. */
  readonly defaultHosts: HostTable<true>;
}

/** `host`: the one Host field; `url`: the request target. Order: host, site, path. */
export function readTarget(
  { host, url }: { readonly host: string; readonly url: string },
  evidence: Evidence,
  context: TargetContext,
): ReadTarget | Refusal {
  const authority = canonicalAuthority(host);
  if (authority === undefined) return refuse('request-invalid', 'host', 'the Host field is not a plain host and port');
  const site = siteOf(authority.host, evidence, context);
  if ('code' in site) return site;

  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  // A fragment never travels (RFC 9112 3.2), and readers that cut at one would see another query.
  const canonical = url.includes('#') ? undefined : canonicalPath(path, site.urlPath);
  if (canonical === undefined) return refuse('path-invalid', 'path', 'the path is not in its canonical form');

  const target = { ...authority, path: canonical.path, query: mark < 0 ? '' : url.slice(mark) };
  return { target, site, rules: site.match(canonical.readings) };
}

/** SNI and Host must lead to the same site; without SNI the default certificate must cover the host (RFC 9110 7.4). */
function siteOf(host: string, { serverName }: Evidence, { policy, defaultHosts }: TargetContext): Site | Refusal {
  const site = policy.siteOf(host);
  if (site === undefined) return refuse('host-unknown', 'host', 'no site has this host');
  if (serverName === undefined) {
    if (defaultHosts.find(host) !== undefined) return site;
    return refuse('host-mismatch', 'sni', 'no SNI, and the default certificate does not cover the host');
  }
  if (policy.siteOf(serverName) === site) return site;
  return refuse('host-mismatch', 'sni', 'SNI leads to another site than Host');
}

function refuse(code: ReasonCode, check: string, note: string): Refusal {
  return { code, check, note };
}
