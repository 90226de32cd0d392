// One request from its head to its log line, by whatever version of HTTP it came: judged, sent on or refused, and judged
// again as long as its exchange is open. A fault of ours refuses with 500.

import type { RecentDecisions } from '../decision/recent-decisions.ts';
import { Sample } from '../limits/sample.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Clock } from '../model/clock.ts';
import type { Exchange, Outcome } from '../model/exchange.ts';
import type { Log } from '../model/log.ts';
import type { Refusal } from '../model/reasons.ts';
import { answerRefusal } from './answer-refusal.ts';
import { isOfCrowd } from './find-room.ts';
import { answerKeySet, findKeySet } from './key-set.ts';
import { noteDecision } from './note-decision.ts';
import {
  accountOf,
  createOpenExchanges,
  type OpenCounts,
  type OpenExchange,
  type OpenExchanges,
} from './open-exchanges.ts';
import { type Passage, passRequest } from './pass.ts';
import type { Asked, RequestLimits } from './read-request.ts';
import { createRequestLog, type WriteLine } from './request-line.ts';
import type { GateRuntime } from './runtime.ts';
import { decisionOf, type Visit } from './visit.ts';

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
export type Send = (runtime: GateRuntime, exchange: Exchange, outcome: Outcome) => void;

export interface Attendant {
  /** Refuses a request that is not sound. At once: nothing behind it may come before its answer. */
  turnAway(visit: Visit, refusal: Refusal, runtime: GateRuntime): void;
  /** Judges it and sees it through. `over` is told at once when the exchange is over, before its line is written. */
  attend(visit: Visit, asked: Asked, runtime: GateRuntime, send: Send, over: () => void): void;
  /** Judges all open exchanges again that may have changed. */
  rejudge(): Promise<void>;
  count(): OpenCounts;
}

/** What all requests have in common. */
interface Desk extends AttendInput {
  readonly open: OpenExchanges;
  readonly writeLine: WriteLine | undefined;
  /** Of the lines of floods. */
  readonly sample: Sample;
}

export function createAttendant(input: AttendInput): Attendant {
  const open = createOpenExchanges();
  const desk: Desk = {
    ...input,
    open,
    writeLine: input.requestLog && createRequestLog(input.requestLog),
    sample: new Sample(),
  };
  return {
    turnAway(visit, refusal, runtime) {
      refuse(visit, refusal, runtime);
      conclude(visit, desk);
    },
    attend(visit, asked, runtime, send, over) {
      new Attendance(desk, visit, runtime, over).begin(asked, send);
    },
    rejudge: () => open.rejudge(input.runtime(), input.clock()),
    count: open.count,
  };
}

/**
 * One request as long as it lasts. A class, and told of things instead of waiting for them: promises, and functions made
 * for each request, were among the dearest things of a request.
 */
class Attendance implements Outcome {
  readonly #desk: Desk;
  readonly #visit: Visit;
  readonly #runtime: GateRuntime;
  readonly #over: () => void;
  readonly #release: () => void;
  #exchange: OpenExchange | undefined;
  #isOver = false;

  constructor(desk: Desk, visit: Visit, runtime: GateRuntime, over: () => void) {
    this.#desk = desk;
    this.#visit = visit;
    this.#runtime = runtime;
    this.#over = over;
    this.#release = runtime.hold();
    visit.guest.beginRequest();
  }

  begin(asked: Asked, send: Send): void {
    const visit = this.#visit;
    try {
      const keySet = findKeySet(visit.visitor.head.method ?? '', asked, visit.evidence, this.#runtime);
      if (keySet !== undefined) {
        answerKeySet(visit, keySet);
        this.settle(undefined);
        return;
      }
      const passed = passRequest(visit, asked, this.#runtime, this.#desk);
      if (passed instanceof Promise) {
        passed.then((later) => this.#proceed(later, send)).catch((fault: unknown) => this.fail(fault));
      } else {
        this.#proceed(passed, send);
      }
    } catch (fault) {
      this.fail(fault);
    }
  }

  settle(refusal: Refusal | undefined): void {
    if (this.#isOver) return;
    this.#end(refusal);
  }

  fail(fault: unknown): void {
    if (this.#isOver) return;
    this.#desk.log.error({ requestId: this.#visit.requestId, err: fault }, 'a request could not be judged');
    this.#end({ code: 'internal' });
  }

  /** Sends while the exchange is among those that are judged again. */
  #proceed(passed: Passage | Refusal, send: Send): void {
    if ('code' in passed) {
      this.settle(passed);
      return;
    }
    const { asked, judged, exchange } = passed;
    const { generation } = this.#runtime;
    const visit = this.#visit;
    visit.exchange = exchange;
    if (judged.decision.allow && judged.decision.identity !== undefined) visit.guest.know();
    this.#exchange = {
      evidence: visit.evidence,
      asked,
      account: accountOf(judged),
      generation,
      validUntil: judged.validUntil,
      close: this.#close.bind(this),
    };
    this.#desk.open.add(this.#exchange);
    send(this.#runtime, exchange, this);
  }

  #close(refusal: Refusal): void {
    const { requestId, exchange, visitor } = this.#visit;
    this.#visit.refusal = refusal;
    this.#desk.metrics.streamClosed(refusal.code);
    const fields = { requestId, code: refusal.code, check: refusal.check };
    this.#desk.log.warn(fields, 'an open stream was closed because it would no longer be allowed');
    if (exchange?.abort === undefined) visitor.breakOff();
    else exchange.abort();
  }

  #end(refusal: Refusal | undefined): void {
    this.#isOver = true;
    this.#visit.guest.endRequest();
    if (this.#exchange !== undefined) this.#desk.open.remove(this.#exchange);
    try {
      if (refusal !== undefined) refuse(this.#visit, refusal, this.#runtime);
    } catch (fault) {
      this.#giveUp(fault);
    }
    this.#release();
    this.#over();
    try {
      conclude(this.#visit, this.#desk);
    } catch (fault) {
      this.#giveUp(fault);
    }
  }

  #giveUp(fault: unknown): void {
    this.#desk.log.error({ err: fault }, 'a request could not be brought to its end');
    this.#visit.visitor.hangUp();
  }
}

function refuse(visit: Visit, refusal: Refusal, runtime: GateRuntime): void {
  visit.refusal ??= refusal;
  answerRefusal(visit, runtime);
}

function conclude(visit: Visit, { metrics, recent, writeLine, sample, clock }: Desk): void {
  const ms = performance.now() - visit.startedAt;
  const { exchange } = visit;
  const site = visit.read?.site.name ?? '';
  const rule = visit.judged?.rule.id ?? '';
  metrics.request({ site, rule, decision: decisionOf(visit), code: visit.refusal?.code ?? '' }, ms / 1000);
  if (exchange?.upstreamMs !== undefined) metrics.upstreamAnswer(exchange.upstream, exchange.upstreamMs / 1000);
  if (isOfCrowd(visit.refusal)) {
    const leftOut = sample.take(performance.now());
    if (leftOut === undefined) return;
    visit.leftOut = leftOut;
  }
  const now = clock();
  if (recent !== undefined) noteDecision(recent.next(), visit, ms, now);
  writeLine?.(visit, ms, now);
}
