// How is what report-only rules would have done kept in a database? Added up, and not for ever.

import { DAY_MS } from '../model/clock.ts';
import type { ReportEntry, ReportedClient } from '../model/traffic.ts';
import { number, text, textOrNone } from './rows.ts';
import type { RowQuery } from './sql.ts';
import type { Row } from './tables.ts';
import { joinReports } from './tally.ts';
import type { ReportQuery } from './traffic-store.ts';
import type { Transaction } from './write.ts';

/** More than anybody reads. Those go that would be kept the shortest. */
export const MOST_REPORTS = 10_000;

/** A quarter: who comes once in a month is not forgotten. */
const KEPT_MS = 90 * DAY_MS;
/** What anybody can make up as many of as they like must not crowd out the others. */
const STRANGERS_KEPT_MS = 7 * DAY_MS;
const CODES_OF_STRANGERS: ReadonlySet<string> = new Set(['certificate-untrusted', 'certificate-invalid']);

export async function applyReports(
  transaction: Transaction,
  entries: readonly ReportEntry[],
  now: number,
): Promise<void> {
  const ids = entries.map(({ id }) => id);
  const rows = await transaction.select('reports', 'id', ids);
  const known = new Map(rows.map((row) => [String(row.id), readReportRow(row)]));
  await transaction.upsert(
    'reports',
    entries.map((entry) => toReportRow(joinReports(known.get(entry.id), entry))),
  );
  await transaction.prune('reports', 'kept_until', now);
  await transaction.keepNewest('reports', 'kept_until', MOST_REPORTS);
}

export function endOfReport({ code, client, lastAt }: ReportEntry): number {
  return lastAt + (client !== undefined && CODES_OF_STRANGERS.has(code) ? STRANGERS_KEPT_MS : KEPT_MS);
}

export function reportRows({ after, limit }: ReportQuery): RowQuery {
  return { table: 'reports', where: [], order: ['id'], after: after && [after.id], limit };
}

function toReportRow(entry: ReportEntry): Row {
  const { id, rule, code, client, address, count, firstAt, lastAt } = entry;
  return {
    id,
    rule,
    code,
    fingerprint: client?.fingerprint ?? null,
    subject: client?.subject ?? null,
    issuer: client?.issuer ?? null,
    serial: client?.serial ?? null,
    account: client?.account ?? null,
    address,
    requests: count,
    first_at: firstAt,
    last_at: lastAt,
    kept_until: endOfReport(entry),
  };
}

export function readReportRow(row: Row): ReportEntry {
  return {
    id: text(row.id),
    rule: text(row.rule),
    code: text(row.code),
    client: readClient(row),
    address: text(row.address),
    count: number(row.requests),
    firstAt: number(row.first_at),
    lastAt: number(row.last_at),
  };
}

function readClient({ fingerprint, subject, issuer, serial, account }: Row): ReportedClient | undefined {
  if (fingerprint === null) return undefined;
  return {
    fingerprint: text(fingerprint),
    subject: text(subject),
    issuer: text(issuer),
    serial: text(serial),
    account: textOrNone(account),
  };
}
