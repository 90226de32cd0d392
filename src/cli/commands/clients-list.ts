// portcullis clients list, history: what is in the directory, and who has changed what?

import { Command, InvalidArgumentError } from 'commander';
import { MAX_CHANGES } from '../../directory/changes.ts';
import type { AccountRecord, AuditEntry, Credential } from '../../model/client.ts';
import { systemClock } from '../../model/clock.ts';
import { foldAscii, matchesWildcard } from '../../model/text.ts';
import { configOption } from '../config-file.ts';
import {
  accountToJson,
  describeMatch,
  formatMoment,
  formatTable,
  stateOf,
  timesOf,
  toVisible,
} from '../directory-text.ts';
import { groupCredentials, readContent, useDirectory } from '../use-directory.ts';

type Finish = (exitCode: number) => void;

interface Listed {
  readonly account: AccountRecord;
  readonly credentials: readonly Credential[];
}

interface ListOptions {
  readonly config: string;
  readonly account?: string;
  readonly role?: string;
  readonly disabled?: boolean;
  readonly search?: string;
  readonly json?: boolean;
}

export function listCommand(finish: Finish): Command {
  return new Command('list')
    .description('Show accounts and their certificates.')
    .addOption(configOption())
    .option('--account <pattern>', 'only accounts of this name; * and ? stand for other characters')
    .option('--role <pattern>', 'only accounts with such a role')
    .option('--disabled', 'only accounts that are disabled')
    .option('--search <text>', 'only accounts with this text in a name, the notes, or what a certificate is known by')
    .option('--json', 'write them as JSON')
    .addHelpText('after', '\nExample:\n  portcullis clients list --role ops\n')
    .action(async (options: ListOptions) => {
      finish(await showAccounts(options, (listed) => isWanted(listed, options)));
    });
}

function showAccounts(
  { config, json }: Pick<ListOptions, 'config' | 'json'>,
  isShown: (listed: Listed) => boolean,
): Promise<number> {
  return useDirectory({ config }, async ({ store }) => {
    const { accounts, credentials } = await readContent(store);
    const byAccount = groupCredentials(credentials);
    const listed = accounts
      .map((account) => ({ account, credentials: byAccount.get(account.name) ?? [] }))
      .filter(isShown);
    process.stdout.write(json ? toJson(listed) : toText(listed));
    return 0;
  });
}

function isWanted({ account, credentials }: Listed, { account: name, role, disabled, search }: ListOptions): boolean {
  if (name !== undefined && !matchesWildcard(name, account.name)) return false;
  if (role !== undefined && !account.roles.some((each) => matchesWildcard(role, each))) return false;
  if (disabled && account.enabled) return false;
  if (search === undefined) return true;
  const texts = [
    ...[account.name, account.displayName, account.notes],
    ...credentials.flatMap(({ match, fingerprint = '', issuerName, label }) => [
      describeMatch(match, issuerName),
      fingerprint,
      label,
    ]),
  ];
  return texts.some((text) => foldAscii(text).includes(foldAscii(search)));
}

function toJson(listed: readonly Listed[]): string {
  const accounts = listed.map(({ account, credentials }) => accountToJson(account, credentials));
  return `${JSON.stringify(accounts, null, 2)}\n`;
}

function toText(listed: readonly Listed[]): string {
  if (listed.length === 0) return 'no accounts\n';
  const now = systemClock();
  const heads = formatTable(listed.map(({ account }) => headOf(account, now))).split('\n');
  return listed.map(({ credentials }, at) => `${heads[at]}\n${credentials.map(lineOf).join('')}`).join('');
}

function headOf(account: AccountRecord, now: number): string[] {
  const { name, displayName, kind, roles, validFrom, validUntil } = account;
  const from = validFrom === undefined ? '' : `from ${formatMoment(validFrom)} `;
  const until = validUntil === undefined ? '' : `until ${formatMoment(validUntil)}`;
  return [name, stateOf(account, now), kind, roles.join(', ') || '-', `${from}${until}`.trim() || '-', displayName];
}

function lineOf({ id, match, issuerName, label, lastSeenAt }: Credential): string {
  const seen = lastSeenAt === undefined ? 'never seen' : `seen ${formatMoment(lastSeenAt)}`;
  const parts = [describeMatch(match, issuerName), ...(label === '' ? [] : [label]), seen];
  return `  ${id}  ${toVisible(parts.join(', '))}\n`;
}

interface HistoryOptions {
  readonly config: string;
  readonly limit: number;
  readonly json?: boolean;
}

export function historyCommand(finish: Finish): Command {
  return new Command('history')
    .description('Show who has changed what and why, the newest first.')
    .argument('[account]', 'only what concerns this account')
    .addOption(configOption())
    .option('--limit <number>', 'at most so many changes', readLimit, 50)
    .option('--json', 'write them as JSON, with what was there before')
    .addHelpText('after', '\nExample:\n  portcullis clients history alice\n')
    .action(async (name: string | undefined, { config, limit, json }: HistoryOptions) => {
      const code = await useDirectory({ config }, async ({ store }) => {
        const entries = await store.readAudit({ limit: name === undefined ? limit : MAX_CHANGES });
        const shown = entries.filter((entry) => name === undefined || concerns(entry, name)).slice(0, limit);
        process.stdout.write(json ? historyToJson(shown) : historyToText(shown));
        return 0;
      });
      finish(code);
    });
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_CHANGES) return limit;
  throw new InvalidArgumentError(`expected a whole number, at most ${MAX_CHANGES}.`);
}

/** By its own name, as the account of a certificate, or as what is blocked. */
function concerns({ action, subject, detail }: AuditEntry, name: string): boolean {
  if (action.endsWith('-account')) return subject === name;
  const { account, match } = JSON.parse(detail) as { account?: string; match?: { account?: string } };
  return account === name || match?.account === name;
}

function historyToJson(entries: readonly AuditEntry[]): string {
  const parsed = entries.map((entry) => ({ ...entry, ...timesOf(entry), detail: JSON.parse(entry.detail) as unknown }));
  return `${JSON.stringify(parsed, null, 2)}\n`;
}

function historyToText(entries: readonly AuditEntry[]): string {
  const rows = entries.map(({ at, actor, action, subject, why }) => [formatMoment(at), actor, action, subject, why]);
  return rows.length === 0 ? 'no changes\n' : formatTable(rows);
}
