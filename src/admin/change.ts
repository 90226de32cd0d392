// A change of the directory by way of the API: who, what and why go into its audit, and what stands against it comes back.

import type { Change, ChangeOutcome, ChangeProblem } from '../directory/changes.ts';
import type { DirectoryStore } from '../directory/store.ts';
import type { Actor } from './access.ts';
import { type Problem, type ProblemCode, problem } from './problems.ts';
import type { Sources } from './sources.ts';

export type Done = Extract<ChangeOutcome, { done: true }>;

const CODES: Readonly<Record<ChangeProblem['code'], ProblemCode>> = {
  invalid: 'invalid',
  'account-exists': 'conflict',
  'certificate-taken': 'conflict',
  'account-unknown': 'not-found',
  'credential-unknown': 'not-found',
  'block-unknown': 'not-found',
};

export interface ChangeInput {
  readonly actor: Actor;
  readonly why: string;
  readonly change: Change;
}

/** The database is asked; what it says against it, and that it cannot be asked, are problems. */
export function applyChange({ actor, why, change }: ChangeInput, sources: Sources): Promise<Done | Problem> {
  return withDirectory(sources, async (store) => {
    const outcome = await store.change({ actor: actor.name, why, changes: [change] });
    if (outcome.done) return outcome;
    const [first] = outcome.problems;
    return problem(CODES[first?.code ?? 'invalid'], outcome.problems.map(({ message }) => message).join('; '));
  });
}

/** Reading and writing alike. What the database says itself may name hosts and users: that is for the log. */
export async function withDirectory<T>(
  { directory, log }: Pick<Sources, 'directory' | 'log'>,
  use: (store: DirectoryStore) => Promise<T>,
): Promise<T | Problem> {
  if (directory === undefined) return problem('not-found', 'There is no directory of clients: configure `directory`.');
  try {
    return await use(directory);
  } catch (err) {
    log.warn({ err }, 'the admin API could not use the directory of clients');
    return problem('unavailable', 'The directory of clients cannot be used at the moment.');
  }
}
