// Can the directory do what the rest of the configuration wants of it?

import { readPostgresUrl, readSqliteUrl } from '../../directory/urls.ts';
import type { Report } from '../report.ts';
import type { ResolvedSettings } from '../resolve.ts';
import { rulePlaces } from '../rules.ts';

export function checkDirectory(settings: ResolvedSettings, report: Report): void {
  const { directory, cache } = settings;
  if (directory === undefined) {
    checkWithout(settings, report);
    return;
  }
  const { url, tls, passwordFile } = directory;
  const at = ['directory'];
  if (readSqliteUrl(url) !== undefined) {
    for (const key of ['tls', 'passwordFile'] as const) {
      if (directory[key] === undefined) continue;
      report.error([...at, key], `\`${key}\` has no meaning for SQLite`, 'remove it, or use postgres:// in `url`');
    }
    if (cache.redis === undefined) return;
    const message =
      'SQLite is for one host: replicas on others that share this Redis do not see its clients and blocks';
    report.warning(at, message, 'use postgres:// in `url`, unless all replicas run on this host');
    return;
  }
  const address = readPostgresUrl(url);
  if (address?.password !== undefined && passwordFile !== undefined) {
    report.error([...at, 'passwordFile'], 'a password stands in the URL and beside it', 'take it out of the URL');
  }
  if (address !== undefined && tls === undefined && !isLoopback(address.host)) {
    const message = 'PostgreSQL on another host without `tls`: whoever is in between can say who is let in';
    report.warning(at, message, 'add `tls: { ca: FILE }`');
  }
}

/** What can never be so: an entry of `deny` would keep nobody out, and one of `allow` let nobody in. */
function checkWithout(settings: ResolvedSettings, report: Report): void {
  const hasMappings = settings.mappings.length > 0;
  const remedy = 'add `directory: {}` for a database of clients, or `mappings`';
  for (const { path, rule } of rulePlaces(settings)) {
    if (rule.account === 'required' && !hasMappings) {
      report.error([...path, 'account'], 'accounts are required, but neither directory nor mappings know any', remedy);
    }
    for (const list of ['allow', 'deny'] as const) {
      rule[list]?.forEach((entry, index) => {
        const at = [...path, list, index];
        if (entry.account === undefined && entry.role === undefined) return;
        if (!hasMappings) {
          const message = 'the entry asks for an account, but neither directory nor mappings know any';
          report.error(at, message, remedy);
        } else if (entry.role !== undefined) {
          const message = 'the entry asks for a role, but only accounts of a directory have any';
          report.error([...at, 'role'], message, 'add `directory: {}` for a database of clients');
        } else if (!(entry.mapped ?? list === 'deny')) {
          const message = 'the entry asks for an account of the directory, but there is none';
          report.error([...at, 'account'], message, 'add `mapped: true`, or `directory: {}` for a database of clients');
        }
      });
    }
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}
