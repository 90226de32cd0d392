// Waiting on a condition, and for nothing else.

import { setTimeout as wait } from 'node:timers/promises';

const PATIENCE_MS = 20_000;

/** Tells what it waited for when that does not come about. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`it did not come about: ${condition.toString()}`);
    await wait(5);
  }
}
