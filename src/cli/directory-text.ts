// How are accounts, certificates and blocks shown to people and to programs?

import type { AccountRecord, Block, BlockMatch, Credential, CredentialMatch } from '../model/client.ts';

/** Nothing in it moves the cursor or turns the direction of writing. */
export function toVisible(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (found) => `\\u{${found.codePointAt(0)?.toString(16)}}`);
}

/** Columns as wide as their longest text, two spaces between them. Every row has as many. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map(toVisible));
  const width = (at: number) => shown.reduce((most, row) => Math.max(most, row[at]?.length ?? 0), 0);
  const widths = (shown[0] ?? []).map((_, at) => width(at));
  return shown
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

export function formatMoment(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

/** What it is known by, for people. */
export function describeMatch(match: CredentialMatch | BlockMatch, issuerName = ''): string {
  switch (match.kind) {
    case 'issuer-serial':
      return `serial ${match.serial} of ${issuerName === '' ? `key ${match.issuerSpki}` : issuerName}`;
    case 'spki':
      return `key ${match.spki}`;
    case 'tbs':
      return `signed content ${match.tbs}`;
    case 'fingerprint':
      return `fingerprint ${match.fingerprint}`;
    case 'account':
      return `account ${match.account}`;
  }
}

/** `enabled` as long as nothing stands against it at that time. */
export function stateOf({ enabled, validFrom = 0, validUntil = Infinity }: AccountRecord, now: number): string {
  if (!enabled) return 'disabled';
  if (now < validFrom) return 'not yet';
  return now > validUntil ? 'ended' : 'enabled';
}

export function accountToJson(account: AccountRecord, credentials: readonly Credential[]): object {
  return { ...account, ...timesOf(account), credentials: credentials.map(credentialToJson) };
}

function credentialToJson({ account: _, ...credential }: Credential): object {
  return { ...credential, ...timesOf(credential) };
}

export function blockToJson(block: Block, now: number): object {
  return { ...block, ...timesOf(block), holds: isInForce(block, now) };
}

export function isInForce({ until = Infinity }: Block, now: number): boolean {
  return now <= until;
}

const TIMES: ReadonlySet<string> = new Set([
  'validFrom',
  'validUntil',
  'createdAt',
  'changedAt',
  'firstSeenAt',
  'lastSeenAt',
  'notBefore',
  'notAfter',
  'until',
  'at',
]);

export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Its times in RFC 3339. */
export function timesOf(record: object): object {
  const times = Object.entries(record).filter(([key, value]) => TIMES.has(key) && typeof value === 'number');
  return Object.fromEntries(times.map(([key, value]) => [key, formatMoment(value as number)]));
}
