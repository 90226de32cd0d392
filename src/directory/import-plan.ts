// Which changes does an import come to, given what is there?

import type { AccountRecord, Credential } from '../model/client.ts';
import type { AccountEdit, Change, ChangeProblem, NewCredential } from './changes.ts';
import type { ImportedAccount, ImportedClient } from './import-client.ts';
import type { Field, ImportProblem } from './import-rows.ts';
import { formatMatch } from './match.ts';

export interface Existing {
  readonly accounts: readonly AccountRecord[];
  readonly credentials: readonly Credential[];
}

export interface ImportPlan {
  readonly changes: readonly Change[];
  /** For each change the line it comes from. */
  readonly lines: readonly number[];
  readonly problems: readonly ImportProblem[];
  /** Rows that say nothing new. */
  readonly unchanged: number;
}

export interface PlanOptions {
  /** What the file says of accounts that are there goes; left out: they must be as it says. */
  readonly update: boolean;
  readonly columnOf: (field: Field) => string;
}

/** A row adds its certificate to an account that is there, and an account that is not there is made. */
export function planImport(clients: readonly ImportedClient[], existing: Existing, options: PlanOptions): ImportPlan {
  const accounts = new Map(existing.accounts.map((account) => [account.name, account]));
  const holders = new Map(
    existing.credentials.flatMap(({ account, ...credential }) => keysOf(credential).map((key) => [key, account])),
  );
  const first = new Map<string, ImportedClient>();
  const changes: Change[] = [];
  const lines: number[] = [];
  const problems: ImportProblem[] = [];
  let unchanged = 0;

  /** The certificate, where it is new. */
  function findNew({ line, name, credential }: ImportedClient): NewCredential | undefined {
    if (credential === undefined) return undefined;
    const keys = keysOf(credential);
    const holder = keys.map((key) => holders.get(key)).find((each) => each !== undefined);
    if (holder === undefined) for (const key of keys) holders.set(key, name);
    else if (holder !== name) problems.push({ line, message: `the certificate is one of ${holder}` });
    return holder === undefined ? credential : undefined;
  }

  function meetExisting(there: AccountRecord, { line, name, account }: ImportedClient): void {
    const set = findDifferences(there, account, options.update);
    if (options.update) {
      if (Object.keys(set).length > 0) changes.push({ do: 'edit-account', name, set });
      return;
    }
    for (const field of Object.keys(set)) {
      const message = `the account ${name} is there with another value; --update puts this one in its place`;
      problems.push({ line, column: options.columnOf(field as Field), message });
    }
  }

  for (const client of clients) {
    const before = changes.length + problems.length;
    const credential = findNew(client);
    const earlier = first.get(client.name);
    const there = accounts.get(client.name);
    if (earlier !== undefined) problems.push(...findContradictions(client, earlier, options));
    else first.set(client.name, client);
    if (earlier === undefined && there === undefined) {
      changes.push({ do: 'add-account', account: toAccount(client), ...(credential && { credentials: [credential] }) });
    } else {
      if (earlier === undefined && there !== undefined) meetExisting(there, client);
      if (credential !== undefined) changes.push({ do: 'add-credential', account: client.name, credential });
    }
    if (changes.length + problems.length === before) unchanged++;
    while (lines.length < changes.length) lines.push(client.line);
  }
  return { changes, lines, problems, unchanged };
}

/** Problems of the changes, told by line. What only follows from another problem is left out. */
export function placeProblems(problems: readonly ChangeProblem[], lines: readonly number[]): ImportProblem[] {
  const causes = problems.filter(({ code }) => code !== 'account-unknown');
  return (causes.length > 0 ? causes : problems).map(({ index, message }) => ({
    line: index === undefined ? undefined : lines[index],
    message,
  }));
}

/** A fingerprint finds its certificate also where that is known by more. */
function keysOf({
  match,
  fingerprint,
}: Pick<Credential, 'match'> & { readonly fingerprint?: string | undefined }): string[] {
  return [
    formatMatch(match),
    ...(fingerprint === undefined ? [] : [formatMatch({ kind: 'fingerprint', fingerprint })]),
  ];
}

function toAccount({ name, account }: ImportedClient) {
  const { displayName = '', kind = 'person', roles = [], validFrom, validUntil, enabled = true, notes = '' } = account;
  const dates = {
    ...(typeof validFrom === 'number' && { validFrom }),
    ...(typeof validUntil === 'number' && { validUntil }),
  };
  return { name, displayName, kind, roles, enabled, notes, ...dates };
}

/** What was said and is not so. An empty cell says something only where the file goes. */
function findDifferences(there: AccountRecord, said: ImportedAccount, update: boolean): AccountEdit {
  const different = Object.entries(said).filter(
    ([field, value]) =>
      value !== undefined &&
      (update || !isEmpty(value)) &&
      JSON.stringify(value) !== JSON.stringify(there[field as keyof ImportedAccount] ?? null),
  );
  return Object.fromEntries(different) as AccountEdit;
}

/** Further rows of an account may repeat what its first one says, or say nothing. */
function findContradictions(
  { line, account }: ImportedClient,
  earlier: ImportedClient,
  { columnOf }: PlanOptions,
): ImportProblem[] {
  return Object.entries(account).flatMap(([field, value]) => {
    if (value === undefined || isEmpty(value)) return [];
    if (JSON.stringify(value) === JSON.stringify(earlier.account[field as keyof ImportedAccount])) return [];
    return [
      { line, column: columnOf(field as Field), message: `differs from line ${earlier.line}, of the same account` },
    ];
  });
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}
