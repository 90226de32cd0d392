// Accounts by name, page by page, with their certificates: as of one moment, and never all of them in memory.

import type { KnownAccount } from '../directory/read-account.ts';
import type { DirectoryStore } from '../directory/store.ts';
import type { AccountRecord, Credential } from '../model/client.ts';
import { matchesWildcard } from '../model/text.ts';

export interface AccountQuery {
  /** Patterns with wildcards. */
  readonly account?: string | undefined;
  readonly role?: string | undefined;
  /** Only names behind this one. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** The directory gives accounts before certificates. */
export async function readAccounts(store: DirectoryStore, query: AccountQuery): Promise<KnownAccount[]> {
  let accounts: AccountRecord[] = [];
  const credentials = new Map<string, Credential[]>();
  await store.load(undefined, (batch) => {
    accounts = firstByName([...accounts, ...batch.accounts.filter((account) => isWanted(account, query))], query.limit);
    if (batch.credentials.length === 0) return;
    const names = new Set(accounts.map(({ name }) => name));
    for (const credential of batch.credentials) {
      if (!names.has(credential.account)) continue;
      const own = credentials.get(credential.account) ?? [];
      own.push(credential);
      credentials.set(credential.account, own);
    }
  });
  return accounts.map((account) => ({ account, credentials: credentials.get(account.name) ?? [] }));
}

function isWanted({ name, roles }: AccountRecord, query: AccountQuery): boolean {
  const { account, role, after } = query;
  if (after !== undefined && name <= after) return false;
  if (account !== undefined && !matchesWildcard(account, name)) return false;
  return role === undefined || roles.some((each) => matchesWildcard(role, each));
}

function firstByName(accounts: readonly AccountRecord[], limit: number): AccountRecord[] {
  return accounts.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name))).slice(0, limit);
}
