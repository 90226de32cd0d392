// Is a request lost, whatever happens beside it? `npm run bench:zero-loss -- [reloads] [restarts]`: fifty and five when left
// out. Prints what was answered and what was not; the exit code is 1 when anything was lost.

import t from 'tap';
import { runZeroLoss } from '../test/kit/zero-loss.ts';

const [reloads = 50, restarts = 5] = process.argv.slice(2).map(Number);

t.setTimeout(30 * 60_000);
t.test('zero loss', (t) => {
  t.setTimeout(30 * 60_000);
  return runZeroLoss(t, { reloads, restarts, answers: 50 });
});
