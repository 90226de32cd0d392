// Calls from process to process: each has its answer, a failure is one on this side, and nobody waits for who is gone.

import t from 'tap';
import { createLink, type Link } from '../../../src/app/workers/link.ts';
import { StartFault } from '../../../src/model/fault.ts';

interface Sums {
  add(terms: readonly number[]): Promise<number>;
  fail(what: 'start' | 'else'): void;
  never(): Promise<void>;
}

/** Two ends of one channel; what goes through is copied, as between processes. */
function join(): { readonly near: Link<Sums>; cut(): void } {
  let isCut = false;
  const send = (to: () => Link<unknown>) => (message: unknown, onSent: (error: Error | null) => void) => {
    const copy = structuredClone(message);
    setImmediate(() => {
      onSent(isCut ? new Error('no channel') : null);
      if (!isCut) to().take(copy);
    });
  };
  const near: Link<Sums> = createLink<object, Sums>(
    {},
    send(() => far),
  );
  const far: Link<unknown> = createLink<Sums, unknown>(
    {
      add: async (terms) => terms.reduce((sum, each) => sum + each, 0),
      fail(what) {
        throw what === 'start' ? new StartFault('no such address') : new Error('broken');
      },
      never: () => new Promise(() => {}),
    },
    send(() => near),
  );
  return {
    near,
    cut() {
      isCut = true;
    },
  };
}

t.test('answers and failures come back', async (t) => {
  const { near } = join();
  t.strictSame(await Promise.all([near.call('add', [1, 2]), near.call('add', [3, 4])]), [3, 7]);
  await t.rejects(near.call('fail', 'else'), { message: 'broken' });
  const fault = await near.call('fail', 'start').catch((error: unknown) => error);
  t.ok(fault instanceof StartFault, 'what is said to people stays so');
});

t.test('who is gone answers nobody', async (t) => {
  const { near, cut } = join();
  const waiting = near.call('never');
  near.close();
  await t.rejects(waiting, /gone/);
  await t.rejects(near.call('add', [1]), /gone/);
  const other = join();
  other.cut();
  await t.rejects(other.near.call('add', [1]), /gone/, 'nor who cannot be told');
  cut();
});
