// May this request pass, and as what? Reads it, has it judged, and makes the exchange that goes on to the proxy.

import type { Metrics } from '../metrics/metrics.ts';
import type { Clock } from '../model/clock.ts';
import type { Exchange } from '../model/exchange.ts';
import type { Refusal } from '../model/reasons.ts';
import { createExchange } from './forwarding.ts';
import { isOriginAllowed } from './origin.ts';
import { isWebSocketHandshake, type RequestLimits, readRequest } from './read-request.ts';
import type { GateRuntime } from './runtime.ts';
import type { Visit } from './visit.ts';

export interface PassInput {
  readonly limits: RequestLimits;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'verdict' | 'reported'>;
}

/** Leaves in the visit what was found on the way, for the log. */
export async function passRequest(visit: Visit, runtime: GateRuntime, input: PassInput): Promise<Exchange | Refusal> {
  const { request, evidence } = visit;
  const { policy, defaultHosts } = runtime;
  const read = readRequest(request, { evidence, policy, defaultHosts, limits: input.limits });
  if ('code' in read) return read;
  visit.read = read;

  const decided = runtime.decider.decide(evidence, read.rules, input.clock());
  const judged = decided instanceof Promise ? await decided : decided;
  visit.judged = judged;
  count(judged, input.metrics);

  const { decision, rule } = judged;
  if (!decision.allow) return decision.refusal;
  if (rule.upstream === undefined) return { code: 'not-found', check: 'upstream', note: 'the rule has no upstream' };
  if (isWebSocketHandshake(request) && !isOriginAllowed(request.rawHeaders, read.target, read.site)) {
    return { code: 'origin-refused', check: 'origin', note: 'Origin is neither absent nor the site’s own' };
  }
  const passage = {
    requestId: visit.requestId,
    method: request.method ?? '',
    raw: request.rawHeaders,
    evidence,
    target: read.target,
    upstream: rule.upstream,
    identity: decision.identity,
    unverified: decision.unverified,
    maxBodyBytes: input.limits.bodyBytes,
  };
  return createExchange(passage, runtime);
}

function count(
  { verdict, verdictFrom, rule, reported }: NonNullable<Visit['judged']>,
  metrics: PassInput['metrics'],
): void {
  if (verdict !== undefined && verdictFrom !== undefined) {
    metrics.verdict(verdictFrom, verdict.valid ? 'valid' : 'refused');
  }
  if (reported !== undefined) metrics.reported({ rule: rule.id, code: reported.allow ? '' : reported.refusal.code });
}
