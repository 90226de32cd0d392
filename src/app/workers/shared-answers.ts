// OCSP answers that the processes of a gateway share where there is no Redis.

import { LRUCache } from 'lru-cache';
import type { Clock } from '../../model/clock.ts';
import type { SharedAnswer } from './protocol.ts';

export interface AnswerShelf {
  /** DER; undefined: there is none. */
  read(id: string): Uint8Array | undefined;
  write(answer: SharedAnswer): void;
}

/** As many as each process keeps, some two kilobytes each. */
const MAX_ANSWERS = 20_000;

export function createAnswerShelf(clock: Clock): AnswerShelf {
  const answers = new LRUCache<string, SharedAnswer>({ max: MAX_ANSWERS });
  return {
    read(id) {
      const answer = answers.get(id);
      return answer !== undefined && answer.expires > clock() ? answer.der : undefined;
    },
    write: (answer) => void answers.set(answer.id, answer),
  };
}
