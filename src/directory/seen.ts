// How are the certificates seen in the traffic kept in a database? One row for each, and not too many.

import { DAY_MS } from '../model/clock.ts';
import type { SeenCertificate } from '../model/traffic.ts';
import { number, text, textOrNone } from './rows.ts';
import type { RowQuery } from './sql.ts';
import type { Row } from './tables.ts';
import type { SeenQuery } from './traffic-store.ts';
import type { Transaction } from './write.ts';

/** Twice the largest directory that is provided for, so that old and new certificates of everybody have room. */
export const MOST_SEEN = 200_000;
/** So long it can still be seen what a certificate that has ended was, and what has replaced it. */
export const KEPT_AFTER_END_MS = 30 * DAY_MS;

export async function applySeen(
  transaction: Transaction,
  seen: readonly SeenCertificate[],
  now: number,
  most = MOST_SEEN,
): Promise<void> {
  const ids = seen.map(({ id }) => id);
  const rows = await transaction.select('seen', 'id', ids);
  const known = new Map(rows.map((row) => [String(row.id), readSeenRow(row)]));
  await transaction.upsert(
    'seen',
    seen.map((each) => toSeenRow(joinSightings(known.get(each.id), each))),
  );
  await transaction.prune('seen', 'not_after', now - KEPT_AFTER_END_MS);
  await transaction.keepNewest('seen', 'last_seen_at', most);
}

/** What the later one says, for both times. An account is remembered, also where nobody asked for one since. */
export function joinSightings(known: SeenCertificate | undefined, next: SeenCertificate): SeenCertificate {
  if (known === undefined) return next;
  const [earlier, later] = known.lastSeenAt <= next.lastSeenAt ? [known, next] : [next, known];
  return {
    ...later,
    account: later.account ?? earlier.account,
    firstSeenAt: Math.min(known.firstSeenAt, next.firstSeenAt),
  };
}

export function seenRows({ fingerprint, account, endsFrom, endsUntil, after, limit }: SeenQuery): RowQuery {
  return {
    table: 'seen',
    where: [
      ['fingerprint', '=', fingerprint],
      ['account', '=', account],
      ['not_after', '>=', endsFrom],
      ['not_after', '<=', endsUntil],
    ],
    order: ['not_after', 'id'],
    after: after && [after.notAfter, after.id],
    limit,
  };
}

function toSeenRow(seen: SeenCertificate): Row {
  return {
    id: seen.id,
    fingerprint: seen.fingerprint,
    issuer_spki: seen.issuerSpki,
    serial: seen.serial,
    issuer: seen.issuer,
    subject: seen.subject,
    account: seen.account ?? null,
    site: seen.site,
    not_before: seen.notBefore,
    not_after: seen.notAfter,
    first_seen_at: seen.firstSeenAt,
    last_seen_at: seen.lastSeenAt,
  };
}

export function readSeenRow(row: Row): SeenCertificate {
  return {
    id: text(row.id),
    fingerprint: text(row.fingerprint),
    issuerSpki: text(row.issuer_spki),
    serial: text(row.serial),
    issuer: text(row.issuer),
    subject: text(row.subject),
    account: textOrNone(row.account),
    site: text(row.site),
    notBefore: number(row.not_before),
    notAfter: number(row.not_after),
    firstSeenAt: number(row.first_seen_at),
    lastSeenAt: number(row.last_seen_at),
  };
}
