// Does a worker still do anything? Who hangs serves nobody, holds up each reload and the end, and all it is told is kept.

import type { Member } from './member.ts';

/** Counted, not measured: after a pause of all processes nobody is late. Together half a minute. */
const PULSE_MS = 5_000;
const MOST_MISSED = 6;

/** Ends it when it answers no more. */
export function watchPulse(member: Pick<Member, 'call' | 'gone' | 'kill'>): void {
  let missed = 0;
  const pulse = setInterval(() => {
    if (missed === MOST_MISSED) {
      member.kill();
      return;
    }
    missed++;
    member.call('connections').then(
      () => {
        missed = 0;
      },
      () => {},
    );
  }, PULSE_MS);
  void member.gone.then(() => clearInterval(pulse));
}
