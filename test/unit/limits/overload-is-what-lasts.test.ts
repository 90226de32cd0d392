// The event loop is overloaded when it comes late again and again, and not any more as soon as it is in time; and of a
// flood of lines some are written each second.

import t from 'tap';
import { Load } from '../../../src/limits/load.ts';
import { Sample } from '../../../src/limits/sample.ts';
import { NOW } from '../../kit/guests.ts';

/** Whether it is over after each of the looks. */
function look(load: Load, lateMs: number, times: number): boolean[] {
  return Array.from({ length: times }, () => {
    load.note(lateMs);
    return load.isOver;
  });
}

t.test('once is never', async (t) => {
  const load = new Load(100);
  t.strictSame(look(load, 60_000, 1), [false], 'a process that was stopped');
  t.strictSame(look(load, 0, 20).includes(true), false);
});

t.test('what lasts', async (t) => {
  const load = new Load(100);
  t.equal(look(load, 99, 1000).includes(true), false, 'below the limit');
  const late = new Load(100);
  t.strictSame(look(late, 1000, 5), [false, false, false, true, true]);
  t.equal(look(late, 0, 4).at(-1), false, 'and is over soon');
});

t.test('lines of a flood', async (t) => {
  const sample = new Sample();
  const first = Array.from({ length: 100 }, () => sample.take(NOW));
  t.strictSame(
    first.filter((leftOut) => leftOut !== undefined),
    Array<number>(10).fill(0),
  );
  t.equal(sample.take(NOW + 999), undefined);
  t.equal(sample.take(NOW + 1000), 91, 'the next one tells how many there were');
  t.equal(sample.take(NOW + 1001), 0);
});
