// How does a command get at the directory of a configuration, and who is said to have changed it?

import { hostname, userInfo } from 'node:os';
import { openStore } from '../app/directory.ts';
import { formatProblems } from '../config/format-problems.ts';
import type { Configuration } from '../config/load.ts';
import type { Change, ChangeOutcome } from '../directory/changes.ts';
import { formatMatch } from '../directory/match.ts';
import type { DirectoryStore } from '../directory/store.ts';
import type { AccountRecord, Block, Credential } from '../model/client.ts';
import { systemClock } from '../model/clock.ts';
import { StartFault } from '../model/fault.ts';
import { loadFile } from './config-file.ts';

export interface OpenedDirectory {
  readonly store: DirectoryStore;
  readonly configuration: Configuration;
}

export interface DirectoryContent {
  /** By name; certificates by what they are known by. */
  readonly accounts: readonly AccountRecord[];
  readonly credentials: readonly Credential[];
  readonly blocks: readonly Block[];
}

export interface UseOptions {
  readonly config: string;
  /** Whether a SQLite file that is not there is made: an empty directory forgives every block. */
  readonly create?: boolean;
}

/** Gives the exit code of the action. Whatever the database says against it is a StartFault. */
export async function useDirectory(
  { config, create = false }: UseOptions,
  action: (opened: OpenedDirectory) => Promise<number>,
): Promise<number> {
  const loaded = await loadFile(config);
  if (!loaded.ok) {
    process.stderr.write(`${formatProblems(loaded.problems)}\n`);
    return 1;
  }
  // Its warnings are about something else.
  const { configuration } = loaded;
  if (configuration.directory === undefined) {
    throw new StartFault(
      `${config} has no directory of clients: add "directory: {}" for a SQLite file in ../data, or "directory: { url: postgres://... }"`,
    );
  }
  const store = openStore(configuration.directory, systemClock, create);
  try {
    await store.prepare();
    return await action({ store, configuration });
  } catch (error) {
    if (error instanceof StartFault || !(error instanceof Error) || error.name === 'CommanderError') throw error;
    throw new StartFault(`the directory of clients cannot be used: ${error.message}`, { cause: error });
  } finally {
    await store.close();
  }
}

/** As of one moment. */
export async function readContent(store: DirectoryStore): Promise<DirectoryContent> {
  const accounts: AccountRecord[] = [];
  const credentials: Credential[] = [];
  const blocks: Block[] = [];
  await store.load(undefined, (batch) => {
    accounts.push(...batch.accounts);
    credentials.push(...batch.credentials);
    blocks.push(...batch.blocks);
  });
  const matches = new Map(credentials.map((credential) => [credential, formatMatch(credential.match)]));
  accounts.sort((a, b) => compare(a.name, b.name));
  credentials.sort((a, b) => compare(matches.get(a), matches.get(b)));
  return { accounts, credentials, blocks };
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : Number(a > b);
}

/** Certificates by account. */
export function groupCredentials(credentials: readonly Credential[]): ReadonlyMap<string, readonly Credential[]> {
  return Map.groupBy(credentials, ({ account }) => account);
}

export type Done = Extract<ChangeOutcome, { done: true }>;

/** Throws a StartFault with everything that stands against it. */
export async function applyChanges(store: DirectoryStore, changes: readonly Change[], why = ''): Promise<Done> {
  const outcome = await store.change({ actor: findActor(), why, changes });
  if (outcome.done) return outcome;
  throw new StartFault(outcome.problems.map(({ message }) => message).join('; '));
}

/** For the audit. It is what the machine says, and no proof: whoever may write to the database can write anything. */
export function findActor(): string {
  return `${findUser()}@${hostname()}`;
}

function findUser(): string {
  try {
    return userInfo().username;
  } catch {
    // In a container under a number that has no name.
    return `uid ${process.getuid?.()}`;
  }
}
