// Can the directory do what the rest of the configuration wants of it?

import { readPostgresUrl, readSqliteUrl } from '../../directory/urls.ts';
import type { MatchOptions } from '../../policy/options.ts';
import type { Report } from '../report.ts';
import type { ResolvedSettings } from '../resolve.ts';
import { rulePlaces } from '../rules.ts';

export function checkDirectory(settings: ResolvedSettings, report: Report): void {
  const { directory, cache, mappings } = settings;
  if (directory === undefined) {
    if (mappings.length === 0) checkNothingKnows(settings, report);
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

/** Nobody has an account: whoever needs one is refused, which can hardly be meant. */
function checkNothingKnows(settings: ResolvedSettings, report: Report): void {
  const remedy = 'add `directory: {}` for a database of clients, or `mappings`';
  const asksForAccount = ({ account, role }: MatchOptions) => account !== undefined || role !== undefined;
  for (const { path, rule } of rulePlaces(settings)) {
    if (rule.account === 'required') {
      report.error([...path, 'account'], 'accounts are required, but neither directory nor mappings know any', remedy);
    }
    for (const list of ['allow', 'deny'] as const) {
      rule[list]?.forEach((entry, index) => {
        if (!asksForAccount(entry)) return;
        const message = 'the entry asks for an account, but neither directory nor mappings know any';
        report.error([...path, list, index], message, remedy);
      });
    }
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}
