// A directory with its copy in memory, as a gateway has it; the time that passes is the test's own.

import type { Test } from 'tap';
import { createDirectoryCopy, type DirectoryCopy } from '../../../src/directory/copy.ts';
import { openDirectory } from '../../../src/directory/open.ts';
import type { DirectoryStore } from '../../../src/directory/store.ts';
import { makeFolder } from '../../kit/gateway.ts';

export interface TestCopy {
  readonly store: DirectoryStore;
  readonly copy: DirectoryCopy;
  /** Outcomes of all looks at the database so far. */
  readonly checks: readonly string[];
  readonly messages: readonly string[];
  /** How often it told of a change. */
  changes(): number;
  /** Time goes on by itself, and this much more. */
  pass(ms: number): void;
}

export function makeUrl(t: Test): string {
  return `sqlite:${makeFolder(t)}/clients.db`;
}

export async function openCopy(t: Test, url: string, stalenessMs = 0): Promise<TestCopy> {
  const store = openDirectory(url, { clock: Date.now });
  const checks: string[] = [];
  const messages: string[] = [];
  let changes = 0;
  let passed = 0;
  const note = (_fields: object, message: string) => messages.push(message);
  const copy = await createDirectoryCopy({
    store,
    stalenessMs,
    elapsed: () => performance.now() + passed,
    log: { debug: note, info: note, warn: note, error: note },
    reports: { directoryCheck: (outcome) => checks.push(outcome) },
    onChange() {
      changes++;
    },
  });
  t.teardown(() => {
    copy.close();
    return store.close();
  });
  return {
    store,
    copy,
    checks,
    messages,
    changes: () => changes,
    pass(ms) {
      passed += ms;
    },
  };
}
