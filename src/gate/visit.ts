// One request on its way through the gate.

import type { Judged } from '../decision/decide.ts';
import type { Guest } from '../limits/guests.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Exchange } from '../model/exchange.ts';
import type { Refusal } from '../model/reasons.ts';
import type { ReadTarget } from './read-target.ts';
import type { Visitor } from './visitor.ts';

export interface Visit {
  readonly requestId: string;
  readonly visitor: Visitor;
  readonly evidence: Evidence;
  /** Whose shares it takes from. */
  readonly guest: Guest;
  /** Monotonic, ms. */
  readonly startedAt: number;
  read?: ReadTarget;
  judged?: Judged;
  /** Answered here, with nothing that is anybody's secret. */
  served?: true;
  /** There once the request was allowed. */
  exchange?: Exchange;
  /** Why it was refused, or broken off later. */
  refusal?: Refusal;
  /** Lines of floods that were left out before its own. */
  leftOut?: number;
}

export function beginVisit(visitor: Visitor, evidence: Evidence, guest: Guest, requestId: string): Visit {
  return { requestId, visitor, evidence, guest, startedAt: performance.now() };
}

/** Allowed, whatever became of it afterwards. */
export function decisionOf(visit: Visit): 'allow' | 'deny' {
  return visit.exchange === undefined && visit.served === undefined ? 'deny' : 'allow';
}
