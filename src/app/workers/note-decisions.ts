// Decisions are noted where they are made, and looked at in the primary: they come when somebody asks for them.

import type { RecentDecisions } from '../../decision/recent-decisions.ts';
import type { Look } from './protocol.ts';
import { within } from './within.ts';

/** Longer nobody waits for one that hangs; what it has decided is told the next time. */
const LOOK_MS = 2_000;

export interface Noting {
  call(name: 'look', after: number): Promise<Look>;
  /** Number of its newest decision that was taken over. */
  seen: number;
}

/** Takes over what the workers have decided since the last time. Who asks meanwhile waits for the same answer. */
export function createDecisionNotes(members: () => Iterable<Noting>): (recent: RecentDecisions) => Promise<void> {
  let flight: Promise<void> | undefined;

  async function look(recent: RecentDecisions): Promise<void> {
    const looks = [...members()].map(async (member) => {
      const { decisions, newest } = await within(LOOK_MS, member.call('look', member.seen));
      member.seen = newest;
      return decisions;
    });
    // A worker that has gone takes its decisions with it; the log has them.
    const found = (await Promise.allSettled(looks)).flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    for (const { number: _, ...decision } of found.sort((a, b) => a.at - b.at)) Object.assign(recent.next(), decision);
  }

  return (recent) => {
    flight ??= look(recent).finally(() => {
      flight = undefined;
    });
    return flight;
  };
}
