// What has been said of things that end? One row for each, until the thing has ended.

import type { RowQuery } from './sql.ts';
import type { EndingQuery, WarningClaim } from './traffic-store.ts';
import type { Transaction } from './write.ts';

/** Those that were not there before. */
export async function applyClaims(
  transaction: Transaction,
  claims: readonly WarningClaim[],
  now: number,
): Promise<readonly string[]> {
  const rows = await transaction.select(
    'warnings',
    'id',
    claims.map(({ id }) => id),
  );
  const known = new Set(rows.map(({ id }) => String(id)));
  const fresh = new Map(claims.filter(({ id }) => !known.has(id)).map(({ id, endsAt }) => [id, endsAt]));
  await transaction.upsert(
    'warnings',
    [...fresh].map(([id, endsAt]) => ({ id, ends_at: endsAt })),
  );
  await transaction.prune('warnings', 'ends_at', now - 1);
  return [...fresh.keys()];
}

export function endingAccountRows({ endsFrom, endsUntil, after, limit }: EndingQuery): RowQuery {
  return {
    table: 'accounts',
    where: [
      ['enabled', '=', 1],
      ['valid_until', '>=', endsFrom],
      ['valid_until', '<=', endsUntil],
    ],
    order: ['valid_until', 'name'],
    after: after?.validUntil === undefined ? undefined : [after.validUntil, after.name],
    limit,
  };
}
