// May this request pass, and as what? Has it judged, and makes the exchange that goes on to the proxy.

import type { Judged } from '../decision/decide.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Clock } from '../model/clock.ts';
import type { Exchange } from '../model/exchange.ts';
import type { Refusal } from '../model/reasons.ts';
import { createExchange } from './forwarding.ts';
import { type JudgedRequest, judgeAsked } from './judge-asked.ts';
import type { Asked, RequestLimits } from './read-request.ts';
import type { GateRuntime } from './runtime.ts';
import type { Visit } from './visit.ts';
import { certificateOf } from './visit-certificate.ts';

export interface PassInput {
  readonly limits: RequestLimits;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'verdict' | 'reported'>;
}

/** An allowed request. */
export interface Passage {
  readonly asked: Asked;
  readonly judged: Judged;
  readonly exchange: Exchange;
}

/** Leaves in the visit what was found on the way, for the log. Answers at once where nobody has to be waited for. */
export function passRequest(
  visit: Visit,
  asked: Asked,
  runtime: GateRuntime,
  input: PassInput,
): Passage | Refusal | Promise<Passage | Refusal> {
  const now = input.clock();
  const found = judgeAsked(asked, visit.evidence, runtime, now);
  return found instanceof Promise
    ? found.then((later) => passJudged(visit, asked, later, runtime, input, now))
    : passJudged(visit, asked, found, runtime, input, now);
}

function passJudged(
  visit: Visit,
  asked: Asked,
  { read, judged, refusal }: JudgedRequest,
  runtime: GateRuntime,
  input: PassInput,
  now: number,
): Passage | Refusal {
  const { visitor, evidence, requestId } = visit;
  if (read !== undefined) visit.read = read;
  if (judged !== undefined) {
    visit.judged = judged;
    count(judged, input.metrics);
    noteSeen(judged, runtime);
    noteReported(visit, judged, runtime, now);
  }
  if (refusal !== undefined) return refusal;
  const upstream = judged?.rule.upstream;
  if (read === undefined || !judged?.decision.allow || upstream === undefined)
    throw new Error('passed without a decision');

  const { identity, unverified } = judged.decision;
  const { method = '', rawHeaders } = visitor.head;
  const { target } = read;
  const exchange = createExchange(
    {
      requestId,
      method,
      raw: rawHeaders,
      evidence,
      target,
      upstream,
      identity,
      unverified,
      maxBodyBytes: input.limits.bodyBytes,
      at: { now, validUntil: judged.validUntil },
    },
    runtime,
  );
  return 'code' in exchange ? exchange : { asked, judged, exchange };
}

/**
 * Who passed was seen. One that is known by its fingerprint only is bound by it also when it is refused: else whoever holds
 * it could change the fingerprint (design rule 11), and be nobody's instead of a disabled account's. The inventory is of all
 * that were verified, so that a block can be looked up in it.
 */
function noteSeen({ credential, account, rule, verdict, decision }: Judged, runtime: GateRuntime): void {
  if (!verdict?.valid) return;
  const [leaf, issuer] = verdict.path;
  if (leaf === undefined) return;
  const { spkiHash } = (issuer ?? leaf).publicKey;
  runtime.inventory.note(leaf, spkiHash, account?.name, rule.site);
  const hasPassed = decision.allow && decision.identity !== undefined;
  if (credential !== undefined && (hasPassed || credential.unbound)) {
    runtime.sightings?.note(credential, leaf, spkiHash);
  }
}

/** Whoever is refused already is not refused by enforcing more. */
function noteReported(visit: Visit, judged: Judged, { reports }: GateRuntime, at: number): void {
  const { reported, decision, rule, account } = judged;
  if (reported === undefined || !decision.allow) return;
  const certificate = reported.allow ? undefined : certificateOf(visit);
  reports.note({
    rule: rule.id,
    code: reported.allow ? '' : reported.refusal.code,
    client: certificate && { ...certificate, account: account?.name },
    address: visit.evidence.remoteAddress,
    at,
  });
}

function count({ verdict, verdictFrom, rule, reported }: Judged, metrics: PassInput['metrics']): void {
  if (verdict !== undefined && verdictFrom !== undefined) {
    metrics.verdict(verdictFrom, verdict.valid ? 'valid' : 'refused');
  }
  if (reported !== undefined)
    metrics.reported({ site: rule.site, rule: rule.id, code: reported.allow ? '' : reported.refusal.code });
}
