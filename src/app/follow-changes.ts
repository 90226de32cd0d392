// What does it bring about here when something that is known has changed?

import type { Log } from '../model/log.ts';
import type { InForce } from './in-force.ts';
import type { Change, Knowledge } from './knowledge.ts';

export interface Follower {
  follow(change: Change): void;
  /** Takes newer lists of replicas and offers ours; to be called in turn. true: one was taken, and is in force. */
  exchangeLists(): Promise<boolean>;
}

export interface FollowerInput {
  readonly knowledge: Pick<Knowledge, 'fleet' | 'revocation'>;
  readonly inForce: InForce;
  readonly log: Log;
}

export function createFollower({ knowledge, inForce, log }: FollowerInput): Follower {
  const { fleet, revocation } = knowledge;
  // At most one in line, however often Redis says that something moved: reloads wait in the same one.
  let inLine = false;
  let hasMoved = false;

  async function exchangeLists(): Promise<boolean> {
    const hasTaken = (await fleet?.exchangeLists(inForce.configuration)) ?? false;
    if (hasTaken) {
      await inForce.takeOver(inForce.configuration);
      log.info({}, 'newer revocation lists came from another replica');
    }
    return hasTaken;
  }

  function followFleet(): void {
    if (inLine) return;
    inLine = true;
    inForce
      .inTurn(async () => {
        const moved = hasMoved;
        inLine = false;
        hasMoved = false;
        if ((await exchangeLists()) || !moved) return;
        inForce.rejudgeSoon();
      })
      .catch((err: unknown) => log.error({ err }, 'a change that another replica announced could not be followed'));
  }

  return {
    exchangeLists,
    follow(change) {
      switch (change) {
        case 'moved':
          hasMoved = true;
          // At once: what is judged from now on must not rest on what is old.
          inForce.runtime.verdicts.clear();
          revocation.recheck();
          return followFleet();
        case 'back':
          return followFleet();
        case 'outdated':
          inForce.runtime.verdicts.clear();
          void fleet?.announce();
          return inForce.rejudgeSoon();
        case 'news':
          return inForce.rejudgeSoon();
      }
    },
  };
}
