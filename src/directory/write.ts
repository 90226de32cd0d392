// How is the directory changed inside one transaction? The same steps for every database.

import { randomUUID } from 'node:crypto';
import type { Credential } from '../model/client.ts';
import { type Change, type ChangeOutcome, type ChangeRequest, MAX_CHANGES, type NewCredential } from './changes.ts';
import type { Touched } from './draft.ts';
import { formatMatch } from './match.ts';
import { type Plan, planChanges } from './plan.ts';
import { readAccountRow, readBlockRow, readCredentialRow, toAccountRow, toBlockRow, toCredentialRow } from './rows.ts';
import type { Sighting } from './store.ts';
import type { Row, TableName, Value } from './tables.ts';

/** A transaction that has the database's one turn to write, from its first command to its end. */
export interface Transaction {
  /** Generation before the transaction. */
  readonly generation: number;
  setGeneration(generation: number): Promise<void> | void;
  /** The rows in which a column has one of these values. */
  select(table: TableName, column: string, values: readonly Value[]): Promise<readonly Row[]> | readonly Row[];
  /** Adds rows, or replaces those with their keys. */
  upsert(table: TableName, rows: readonly Row[]): Promise<void> | void;
  remove(table: TableName, column: string, values: readonly Value[]): Promise<void> | void;
  /** Removes the rows in which a column is not above that value. */
  prune(table: TableName, column: string, highest: number): Promise<void> | void;
  /** Leaves at most so many rows, those with the highest values in a column. */
  keepNewest(table: TableName, column: string, most: number): Promise<void> | void;
}

/** For so many generations it is known what was removed; a replica that is further behind reads everything anew. */
export const KEPT_GENERATIONS = 1_000;

/** Where there are problems nothing is written, and the transaction may end as it likes. */
export async function applyChanges(
  transaction: Transaction,
  request: ChangeRequest,
  now: number,
): Promise<ChangeOutcome> {
  if (request.changes.length > MAX_CHANGES) {
    const message = `${request.changes.length} changes at once; at most ${MAX_CHANGES} are possible`;
    return { done: false, problems: [{ index: undefined, code: 'invalid', message }] };
  }
  const generation = transaction.generation + 1;
  const touched = await readTouched(transaction, request.changes);
  const plan = planChanges(touched, request, { generation, now, createId: randomUUID });
  if (plan.problems.length > 0) return { done: false, problems: plan.problems };
  await writePlan(transaction, plan, generation);
  return { done: true, generation, made: plan.made };
}

async function readTouched(transaction: Transaction, changes: readonly Change[]): Promise<Touched> {
  const accounts = new Set<string>();
  const removed = new Set<string>();
  const matches = new Set<string>();
  const fingerprints = new Set<string>();
  const credentials = new Set<string>();
  const blocks = new Set<string>();
  const touch = ({ match }: NewCredential) => {
    matches.add(formatMatch(match));
    if (match.kind === 'fingerprint') fingerprints.add(match.fingerprint);
  };
  for (const change of changes) {
    if (change.do === 'add-account') {
      accounts.add(change.account.name);
      change.credentials?.forEach(touch);
    } else if (change.do === 'edit-account') {
      accounts.add(change.name);
    } else if (change.do === 'remove-account') {
      accounts.add(change.name);
      removed.add(change.name);
    } else if (change.do === 'add-credential') {
      accounts.add(change.account);
      touch(change.credential);
    } else if (change.do === 'remove-credential') {
      credentials.add(change.id);
    } else if (change.do === 'remove-block') {
      blocks.add(change.id);
    }
  }
  const select = async (table: TableName, column: string, values: Set<string>) =>
    values.size === 0 ? [] : transaction.select(table, column, [...values]);
  const found = new Map<string, Credential>();
  for (const [column, values] of Object.entries({
    target: matches,
    fingerprint: fingerprints,
    id: credentials,
    account: removed,
  })) {
    for (const row of await select('credentials', column, values)) found.set(String(row.id), readCredentialRow(row));
  }
  return {
    accounts: (await select('accounts', 'name', accounts)).map(readAccountRow),
    credentials: [...found.values()],
    blocks: (await select('blocks', 'id', blocks)).map(readBlockRow),
  };
}

/** Removals first: a certificate may leave one account and come to another in one request. */
async function writePlan(transaction: Transaction, plan: Plan, generation: number): Promise<void> {
  const { accounts, credentials, blocks, removals, audit } = plan;
  const gone = (kind: string) => removals.filter((removal) => removal.kind === kind).map(({ id }) => id);
  await transaction.remove('credentials', 'id', gone('credential'));
  await transaction.remove('accounts', 'name', gone('account'));
  await transaction.remove('blocks', 'id', gone('block'));
  await transaction.upsert(
    'removals',
    removals.map(({ kind, id }) => ({ kind, id, generation })),
  );
  await transaction.upsert(
    'accounts',
    accounts.map((account) => toAccountRow(account, generation)),
  );
  await transaction.upsert(
    'credentials',
    credentials.map((credential) => toCredentialRow(credential, generation)),
  );
  await transaction.upsert(
    'blocks',
    blocks.map((block) => toBlockRow(block, generation)),
  );
  await transaction.upsert(
    'audit',
    audit.map((entry) => ({ ...entry })),
  );
  await transaction.prune('removals', 'generation', generation - KEPT_GENERATIONS);
  await transaction.setGeneration(generation);
}

/** Only what is bound to a certificate counts as a change; that something was seen again does not. */
export async function applySightings(
  transaction: Transaction,
  sightings: readonly Sighting[],
  now: number,
): Promise<void> {
  const seen = new Map(sightings.map((sighting) => [sighting.credential, sighting]));
  const generation = transaction.generation + 1;
  const rows = await transaction.select('credentials', 'id', [...seen.keys()]);
  const taken = await findTaken(transaction, sightings);
  const bound: Credential[] = [];
  const written = rows.map((row) => {
    const credential = readCredentialRow(row);
    const { at = 0, bind } = seen.get(credential.id) ?? {};
    const known = { ...credential, lastSeenAt: Math.max(at, credential.lastSeenAt ?? 0) };
    const match = bind && ({ kind: 'issuer-serial', ...bind } as const);
    if (credential.match.kind !== 'fingerprint' || match === undefined || taken.has(formatMatch(match))) {
      return toCredentialRow(known, Number(row.generation));
    }
    taken.add(formatMatch(match));
    const next = { ...known, match, fingerprint: credential.match.fingerprint };
    bound.push(next);
    return toCredentialRow(next, generation);
  });
  await transaction.upsert('credentials', written);
  if (bound.length === 0) return;
  await transaction.upsert('audit', bound.map(describeBinding(generation, now)));
  await transaction.setGeneration(generation);
}

async function findTaken(transaction: Transaction, sightings: readonly Sighting[]): Promise<Set<string>> {
  const texts = sightings.flatMap(({ bind }) => (bind ? [formatMatch({ kind: 'issuer-serial', ...bind })] : []));
  const rows = texts.length === 0 ? [] : await transaction.select('credentials', 'target', texts);
  return new Set(rows.map(({ target }) => String(target)));
}

function describeBinding(generation: number, at: number) {
  return (credential: Credential, position: number): Row => ({
    generation,
    position,
    at,
    actor: 'portcullis',
    action: 'bind-credential',
    subject: credential.id,
    detail: JSON.stringify(credential),
    why: 'the certificate with this fingerprint was seen',
  });
}
