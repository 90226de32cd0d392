// Can each upstream be reached as configured, and only as configured?

import { compileIdentityHeaders } from '../../headers/identity-writer.ts';
import type { UpstreamOptions } from '../options/upstreams.ts';
import type { NamedPart } from '../parts.ts';
import type { Report } from '../report.ts';

export function checkUpstreams(upstreams: readonly NamedPart<UpstreamOptions>[], report: Report): void {
  for (const { path, options } of upstreams) {
    const url = new URL(options.url);
    if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
      const message = 'the URL of an upstream has a user, a query or a fragment';
      report.error([...path, 'url'], message, 'keep scheme, host, port and path only');
    }
    checkAuthorities(url, { path, options }, report);
    for (const message of compileIdentityHeaders(options.identityHeaders, Number.MAX_SAFE_INTEGER).problems) {
      report.error([...path, 'identityHeaders'], message, 'see docs/headers.md for names and fields');
    }
  }
}

/** Nothing ever falls back to public authorities: whoever means them says so. */
function checkAuthorities(
  url: URL,
  { path, options }: Pick<NamedPart<UpstreamOptions>, 'path' | 'options'>,
  report: Report,
): void {
  if (url.protocol === 'https:') {
    if (options.ca === undefined) {
      const message = 'an https upstream without `ca`: nothing says who vouches for it';
      report.error(
        path,
        message,
        'set `ca: FILE` to the certificate of its authority, or `ca: system` for the public ones',
      );
    }
  } else {
    for (const key of ['ca', 'cert', 'key', 'serverName'] as const) {
      if (options[key] === undefined) continue;
      report.error(
        [...path, key],
        `\`${key}\` has no meaning for an http upstream`,
        'use https:// in `url`, or remove it',
      );
    }
  }
}
