// One request from its head to its log line, by whatever version of HTTP it came: judged, sent on or refused, and judged
// again as long as its exchange is open. A fault of ours refuses with 500.

import type { RecentDecisions } from '../decision/recent-decisions.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Clock } from '../model/clock.ts';
import type { Exchange } from '../model/exchange.ts';
import type { Log } from '../model/log.ts';
import type { Refusal } from '../model/reasons.ts';
import { answerRefusal } from './answer-refusal.ts';
import { answerKeySet, findKeySet } from './key-set.ts';
import { noteDecision } from './note-decision.ts';
import { accountOf, createOpenExchanges } from './open-exchanges.ts';
import { type Passage, passRequest } from './pass.ts';
import type { Asked, RequestLimits } from './read-request.ts';
import type { GateRuntime } from './runtime.ts';
import { decisionOf, type Visit, visitLine } from './visit.ts';

export interface AttendInput {
  /** The snapshot in force. */
  readonly runtime: () => GateRuntime;
  readonly limits: RequestLimits;
  readonly log: Log;
  /** Gets one line for each request; undefined where they are not wanted. */
  readonly requestLog: Log | undefined;
  readonly metrics: Metrics;
  /** Remembers what was decided; undefined where nobody may ask. */
  readonly recent?: RecentDecisions | undefined;
  readonly clock: Clock;
}

/** Sends an allowed request on its way. */
export type Send = (runtime: GateRuntime, exchange: Exchange) => Promise<Refusal | undefined>;

export interface Attendant {
  /** Refuses a request that is not sound. At once: nothing behind it may come before its answer. */
  turnAway(visit: Visit, refusal: Refusal, runtime: GateRuntime): void;
  /** Judges it and sees it through. `over` is told at once when the exchange is over, before its line is written. */
  attend(visit: Visit, asked: Asked, runtime: GateRuntime, send: Send, over: () => void): Promise<void>;
  /** Judges all open exchanges again that may have changed. */
  rejudge(): Promise<void>;
}

export function createAttendant(input: AttendInput): Attendant {
  const open = createOpenExchanges();

  function refuse(visit: Visit, refusal: Refusal, runtime: GateRuntime): void {
    visit.refusal ??= refusal;
    answerRefusal(visit, runtime);
  }

  /** Sends while the exchange is among those that are judged again. */
  async function sendOpen(
    visit: Visit,
    passage: Passage,
    runtime: GateRuntime,
    send: Send,
  ): Promise<Refusal | undefined> {
    const { requestId, evidence } = visit;
    const { asked, judged, exchange } = passage;
    visit.exchange = exchange;
    const forget = open.add({
      evidence,
      asked,
      account: accountOf(judged),
      generation: runtime.generation,
      validUntil: judged.validUntil,
      close(refusal) {
        visit.refusal = refusal;
        input.metrics.streamClosed(refusal.code);
        const fields = { requestId, code: refusal.code, check: refusal.check };
        input.log.warn(fields, 'an open stream was closed because it would no longer be allowed');
        if (exchange.abort === undefined) visit.visitor.breakOff();
        else exchange.abort();
      },
    });
    try {
      return await send(runtime, exchange);
    } finally {
      forget();
    }
  }

  async function seeThrough(...[visit, asked, runtime, send, over]: Parameters<Attendant['attend']>): Promise<void> {
    const { visitor, evidence, requestId } = visit;
    const release = runtime.hold();
    try {
      const keySet = findKeySet(visitor.head.method ?? '', asked, evidence, runtime);
      if (keySet !== undefined) return answerKeySet(visit, keySet);
      const passage = await passRequest(visit, asked, runtime, input);
      const refusal = 'code' in passage ? passage : await sendOpen(visit, passage, runtime, send);
      if (refusal !== undefined) refuse(visit, refusal, runtime);
    } catch (fault) {
      input.log.error({ requestId, err: fault }, 'a request could not be judged');
      refuse(visit, { code: 'internal' }, runtime);
    } finally {
      release();
      over();
      conclude(visit);
    }
  }

  function conclude(visit: Visit): void {
    const ms = performance.now() - visit.startedAt;
    const { exchange } = visit;
    const site = visit.read?.site.name ?? '';
    input.metrics.request({ site, decision: decisionOf(visit), code: visit.refusal?.code ?? '' }, ms / 1000);
    if (exchange?.upstreamMs !== undefined) input.metrics.upstreamAnswer(exchange.upstream, exchange.upstreamMs / 1000);
    const now = input.clock();
    if (input.recent !== undefined) noteDecision(input.recent.next(), visit, ms, now);
    input.requestLog?.info(visitLine(visit, ms, now), 'request');
  }

  return {
    turnAway(visit, refusal, runtime) {
      refuse(visit, refusal, runtime);
      conclude(visit);
    },
    async attend(visit, asked, runtime, send, over) {
      try {
        await seeThrough(visit, asked, runtime, send, over);
      } catch (fault) {
        input.log.error({ err: fault }, 'a request could not be brought to its end');
        visit.visitor.hangUp();
      }
    },
    rejudge: () => open.rejudge(input.runtime(), input.clock()),
  };
}
