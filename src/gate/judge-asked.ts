// All that must hold for a request to pass, and for its exchange to stay open: asked before the first byte goes on, and
// again whenever the state behind the answer moves.

import type { Judged } from '../decision/decide.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Refusal } from '../model/reasons.ts';
import { isOriginAllowed } from './origin.ts';
import type { Asked } from './read-request.ts';
import { type ReadTarget, readTarget } from './read-target.ts';
import type { GateRuntime } from './runtime.ts';

/** What was found, as far as it came; without a refusal the request may pass. */
export interface JudgedRequest {
  readonly read: ReadTarget | undefined;
  readonly judged: Judged | undefined;
  readonly refusal: Refusal | undefined;
}

/** Answers at once where the verdict is in memory: most requests wait for nobody. */
export function judgeAsked(
  asked: Asked,
  evidence: Evidence,
  runtime: GateRuntime,
  now: number,
): JudgedRequest | Promise<JudgedRequest> {
  const read = readTarget(asked, evidence, runtime);
  if ('code' in read) return { read: undefined, judged: undefined, refusal: read };
  const tell = (judged: Judged): JudgedRequest => ({ read, judged, refusal: findRefusal(asked, read, judged) });
  const decided = runtime.decider.decide(evidence, read.rules, now);
  return decided instanceof Promise ? decided.then(tell) : tell(decided);
}

function findRefusal({ webSocket, origins }: Asked, { target, site }: ReadTarget, judged: Judged): Refusal | undefined {
  const { decision, rule } = judged;
  if (!decision.allow) return decision.refusal;
  if (rule.upstream === undefined) return { code: 'not-found', check: 'upstream', note: 'the rule has no upstream' };
  if (webSocket && !isOriginAllowed(origins, target, site)) {
    return { code: 'origin-refused', check: 'origin', note: 'Origin is neither absent nor the site’s own' };
  }
  return undefined;
}
