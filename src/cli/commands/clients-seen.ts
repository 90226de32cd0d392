// portcullis clients seen, expiring: which certificates come, and what ends soon?

import { Command } from 'commander';
import type { AccountRecord } from '../../model/client.ts';
import { DAY_MS, daysUntil, systemClock } from '../../model/clock.ts';
import { matchesWildcard } from '../../model/text.ts';
import type { SeenCertificate } from '../../model/traffic.ts';
import { configOption } from '../config-file.ts';
import { formatMoment, formatTable, toJson } from '../directory-text.ts';
import { readDays } from '../pki-arguments.ts';
import { isIssuedBy, nameSeen, readSeen, seenToPlain } from '../seen-text.ts';
import { readContent, useDirectory } from '../use-directory.ts';

type Finish = (exitCode: number) => void;

interface SeenOptions {
  readonly config: string;
  readonly account?: string;
  readonly issuer?: string;
  readonly json?: boolean;
}

export function seenCommand(finish: Finish): Command {
  return new Command('seen')
    .description('Show the certificates that were seen in the traffic, those that end first before the others.')
    .addOption(configOption())
    .option('--account <pattern>', 'only those of accounts of this name; * and ? stand for other characters')
    .option('--issuer <text>', 'only those with this text in the name of their issuer')
    .option('--json', 'write them as JSON')
    .addHelpText('after', '\nExample:\n  portcullis clients seen --issuer "Old CA"\n')
    .action(async ({ config, json, ...wanted }: SeenOptions) => {
      const code = await useDirectory({ config }, async ({ store }) => {
        const seen = (await readSeen(store)).filter((each) => isWanted(each, wanted));
        process.stdout.write(json ? toJson(seen.map(seenToPlain)) : seenToText(seen));
        return 0;
      });
      finish(code);
    });
}

function isWanted(seen: SeenCertificate, { account, issuer }: Pick<SeenOptions, 'account' | 'issuer'>): boolean {
  if (account !== undefined && !matchesWildcard(account, seen.account ?? '')) return false;
  return issuer === undefined || isIssuedBy(seen, issuer);
}

function seenToText(seen: readonly SeenCertificate[]): string {
  if (seen.length === 0) return 'no certificates were seen\n';
  return formatTable(
    seen.map(({ account = '-', notAfter, lastSeenAt, site, subject, ...certificate }) => [
      account,
      `ends ${formatMoment(notAfter)}`,
      `seen ${formatMoment(lastSeenAt)} at ${site}`,
      nameSeen(certificate),
      subject,
    ]),
  );
}

interface Ending {
  readonly kind: 'permission' | 'certificate';
  readonly account: string | undefined;
  readonly endsAt: number;
  /** For people. */
  readonly what: string;
  readonly details: object;
}

export function expiringCommand(finish: Finish): Command {
  return new Command('expiring')
    .description('Show what ends soon: permissions of enabled accounts, and certificates that were seen.')
    .addOption(configOption())
    .option('--days <days>', 'within so many days', readDays, 30)
    .option('--json', 'write them as JSON')
    .addHelpText('after', '\nExample:\n  portcullis clients expiring --days 60\n')
    .action(async ({ config, days, json }: { config: string; days: number; json?: boolean }) => {
      const code = await useDirectory({ config }, async ({ store }) => {
        const now = systemClock();
        const until = now + days * DAY_MS;
        const { accounts } = await readContent(store);
        const seen = await readSeen(store, { endsFrom: now, endsUntil: until });
        const endings = [
          ...accounts.flatMap((account) => endOfPermission(account, now, until)),
          ...seen.map(endOfCertificate),
        ].sort((a, b) => a.endsAt - b.endsAt);
        process.stdout.write(json ? toJson(endings.map((each) => endingToPlain(each, now))) : endingsToText(endings));
        return 0;
      });
      finish(code);
    });
}

function endOfPermission(account: AccountRecord, now: number, until: number): Ending[] {
  const { name, enabled, validUntil = Infinity, displayName } = account;
  if (!enabled || validUntil < now || validUntil > until) return [];
  return [{ kind: 'permission', account: name, endsAt: validUntil, what: displayName, details: { displayName } }];
}

function endOfCertificate(seen: SeenCertificate): Ending {
  const { account, notAfter, lastSeenAt } = seen;
  const what = `${nameSeen(seen)}, seen ${formatMoment(lastSeenAt)}`;
  return { kind: 'certificate', account, endsAt: notAfter, what, details: seenToPlain(seen) };
}

function endingToPlain({ kind, account, endsAt, details }: Ending, now: number): object {
  const daysLeft = daysUntil(endsAt, now);
  return { ...details, kind, account, endsAt: formatMoment(endsAt), daysLeft };
}

function endingsToText(endings: readonly Ending[]): string {
  if (endings.length === 0) return 'nothing ends\n';
  return formatTable(
    endings.map(({ kind, account = '-', endsAt, what }) => [formatMoment(endsAt), kind, account, what]),
  );
}
