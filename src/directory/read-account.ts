// One account with its certificates, by its name: two look-ups by index, however many others there are.

import type { AccountRecord, Credential } from '../model/client.ts';
import { readAccountRow, readCredentialRow } from './rows.ts';
import type { RowQuery } from './sql.ts';
import type { Row } from './tables.ts';

export interface KnownAccount {
  readonly account: AccountRecord;
  readonly credentials: readonly Credential[];
}

/** Ten times as many as can be added at once. */
const MOST_CREDENTIALS = 1_000;

/** `select` sees the database as of one moment. */
export async function readAccount(
  select: (query: RowQuery) => readonly Row[] | Promise<readonly Row[]>,
  name: string,
): Promise<KnownAccount | undefined> {
  const [row] = await select({
    table: 'accounts',
    where: [['name', '=', name]],
    order: ['name'],
    after: undefined,
    limit: 1,
  });
  if (row === undefined) return undefined;
  const rows = await select({
    table: 'credentials',
    where: [['account', '=', name]],
    order: ['id'],
    after: undefined,
    limit: MOST_CREDENTIALS,
  });
  return { account: readAccountRow(row), credentials: rows.map(readCredentialRow) };
}
