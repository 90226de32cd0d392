// How does one request go to its upstream and its answer come back?

import type { ClientRequest, IncomingMessage } from 'node:http';
import type { ClientSide } from '../model/client-side.ts';
import type { Exchange } from '../model/exchange.ts';
import type { Log } from '../model/log.ts';
import type { Refusal } from '../model/reasons.ts';
import { offersConnectionAuthentication } from './connection-authentication.ts';
import type { Connections } from './connections.ts';
import { createDeadline } from './deadline.ts';
import { fieldValue, putLengthLast } from './message-fields.ts';
import { openRequest } from './open-request.ts';
import { findUnfit, relayAnswer } from './relay-answer.ts';
import type { Release } from './slots.ts';
import { startUpload } from './upload.ts';

export interface LaneInput {
  readonly connections: Connections;
  readonly client: ClientSide;
  readonly exchange: Exchange;
  readonly log: Log;
}

/** Told once: the head of the answer is there, or there is none. */
export type Report = (error: Error | null, answer?: IncomingMessage) => void;

/** RFC 9110 9.2.2; without TRACE, which never comes here. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

const BODY_TOO_LARGE: Refusal = { code: 'body-too-large', check: 'body-size' };

export class Lane {
  /** A refusal when nothing was sent to the client; undefined once the answer is over, complete or broken off. */
  readonly outcome: Promise<Refusal | undefined>;
  readonly #input: LaneInput;
  readonly #hasBody: boolean;
  /** As announced; 0 when it was not. */
  readonly #bodyBytes: number;
  readonly #deadline = createDeadline();
  #settle: (refusal: Refusal | undefined) => void = () => {};
  #report: Report = () => {};
  #release: Release = () => {};
  #outgoing: ClientRequest | undefined;
  #sentAt = 0;
  #phase: 'waiting' | 'answering' | 'over' = 'waiting';
  /** Lets go of the rest of the request's body; undefined while none is on its way. */
  #letGo: (() => void) | undefined;

  constructor(input: LaneInput) {
    this.#input = input;
    const { client, exchange } = input;
    this.#bodyBytes = Number(fieldValue(exchange.headers, 'content-length') ?? 0);
    this.#hasBody = client.chunked || this.#bodyBytes > 0;
    this.outcome = new Promise((settle) => {
      this.#settle = settle;
    });
    client.answer.once('close', () => this.#end(undefined));
    exchange.abort = () => {
      // Afterwards the client's channel may be another request's.
      if (this.#phase !== 'over' || this.#letGo !== undefined) this.#destroyBoth();
    };
  }

  /** Sends the request as soon as the upstream has a connection for it. */
  send(report: Report): void {
    const { slots, upstream } = this.#input.connections;
    this.#report = report;
    if (this.#bodyBytes > this.#input.exchange.maxBodyBytes) {
      this.#fail(BODY_TOO_LARGE);
      return;
    }
    this.#deadline.start(upstream.answerTimeoutMs, () => this.#fail({ code: 'overloaded', check: 'connections' }));
    this.#release = slots.take(() => this.#attempt(!this.#hasBody));
  }

  /** Writes the answer to the client. */
  relay(answer: IncomingMessage): void {
    const { connections, exchange, client } = this.#input;
    if (answer.statusCode === 401 && offersConnectionAuthentication(answer.rawHeaders)) {
      // The connection that brought the offer goes back to the pool: nobody has authenticated on it, and what answers
      // the offer is sent on the client's own from now on.
      connections.pin(exchange, client.connection);
    }
    try {
      relayAnswer(answer, client.answer, exchange, {
        progress: () => this.#deadline.refresh(),
        broken: () => this.#fail({ code: 'upstream-failed', check: 'answer-incomplete' }),
      });
    } catch (error) {
      this.#fail({ code: 'upstream-failed', check: 'answer-malformed', note: String(error) });
      return;
    }
    this.#phase = 'answering';
    const eventStream = /^\s*text\/event-stream\s*(;|$)/i.test(answer.headers['content-type'] ?? '');
    this.#watchIdle(eventStream);
  }

  #attempt(mayRetry: boolean): void {
    const { connections, exchange, client } = this.#input;
    const headers = putLengthLast(exchange.headers);
    if (client.chunked) headers.push('Transfer-Encoding', 'chunked');
    // RFC 9110 10.1.4: whoever sends TE says that it is for this connection only.
    if (fieldValue(headers, 'te') !== undefined) headers.push('Connection', 'TE');
    const head = { method: exchange.method, path: exchange.upstreamPath, headers };
    const agent = connections.agentFor(exchange, client.connection);
    try {
      const outgoing = openRequest(connections, agent, head, this.#deadline, {
        connected: () => this.#connected(outgoing),
        failed: (refusal, untouched) => {
          if (outgoing !== this.#outgoing) return;
          // Once there is an answer, it alone tells whether it is complete; what failed then is the upload.
          if (this.#phase !== 'waiting') this.#abandonUpload();
          else if (mayRetry && untouched && IDEMPOTENT.has(exchange.method)) this.#retry();
          else this.#fail(refusal);
        },
      });
      this.#outgoing = outgoing;
      outgoing.once('response', (answer) => this.#answered(answer));
      outgoing.once('upgrade', (_answer, socket) => {
        socket.destroy();
        this.#fail({ code: 'upstream-failed', check: 'answer-status', note: '101 without being asked' });
      });
      outgoing.once('close', () => {
        if (outgoing !== this.#outgoing) return;
        this.#release();
        if (this.#letGo !== undefined) this.#abandonUpload();
      });
      if (!this.#hasBody) outgoing.end();
    } catch (error) {
      // The gate made headers and path; when they cannot be written, we are broken.
      this.#fail({ code: 'internal', check: 'request', note: String(error) });
    }
  }

  /**
   * RFC 9112 9.3.1: a request on a connection that the service had closed may be sent again, once, when its method is
   * idempotent. The other unused connections are no younger, and so a new one is made.
   */
  #retry(): void {
    const { connections, exchange, client } = this.#input;
    connections.dropUnused(connections.agentFor(exchange, client.connection));
    this.#attempt(false);
  }

  #connected(outgoing: ClientRequest): void {
    this.#sentAt = performance.now();
    if (!this.#hasBody) {
      this.#awaitAnswer();
      return;
    }
    this.#watchIdle(false);
    this.#letGo = startUpload(this.#input.client, outgoing, this.#input.exchange, {
      progress: () => this.#deadline.refresh(),
      tooLarge: () => (this.#phase === 'waiting' ? this.#fail(BODY_TOO_LARGE) : this.#destroyBoth()),
      ended: () => {
        this.#letGo = undefined;
        if (this.#phase === 'over') this.#finish();
        else if (this.#phase === 'waiting') this.#awaitAnswer();
      },
    });
  }

  #awaitAnswer(): void {
    const { answerTimeoutMs } = this.#input.connections.upstream;
    this.#deadline.start(answerTimeoutMs, () => this.#fail({ code: 'upstream-timeout', check: 'answer' }));
  }

  #answered(answer: IncomingMessage): void {
    if (this.#phase !== 'waiting') return;
    const unfit = findUnfit(answer);
    if (unfit !== undefined) {
      this.#fail(unfit);
      return;
    }
    this.#input.exchange.upstreamMs = performance.now() - this.#sentAt;
    this.#report(null, answer);
  }

  /** Watches a body in either direction. An event stream may be silent, but its client has to take what comes. */
  #watchIdle(eventStream: boolean): void {
    const { connections, client } = this.#input;
    this.#deadline.start(connections.upstream.idleTimeoutMs, () => {
      if (eventStream && !client.answer.writableNeedDrain) this.#watchIdle(true);
      else if (this.#phase === 'over') this.#destroyBoth();
      else this.#fail(this.#stalled());
    });
  }

  /** Who holds the body up? While the upstream does not take what is there, it is the upstream. */
  #stalled(): Refusal {
    const sending = this.#letGo !== undefined && this.#outgoing?.writableNeedDrain === false;
    const client = sending || this.#input.client.answer.writableNeedDrain;
    return client ? { code: 'request-timeout', check: 'body-idle' } : { code: 'upstream-timeout', check: 'body-idle' };
  }

  /** The upstream side is over too early: a refusal while the client has seen nothing, else a broken connection. */
  #fail(refusal: Refusal): void {
    const { exchange, log, client } = this.#input;
    if (this.#phase === 'answering') {
      const { code, check, note } = refusal;
      log.warn({ requestId: exchange.requestId, upstream: exchange.upstream, code, check, note }, 'answer broken off');
      client.answer.destroy();
    } else if (this.#phase === 'waiting') {
      this.#end(refusal);
      this.#report(new Error(refusal.code));
    }
  }

  #end(refusal: Refusal | undefined): void {
    if (this.#phase === 'over') return;
    const complete = refusal === undefined && this.#input.client.answer.writableFinished;
    this.#phase = 'over';
    if (!complete) {
      this.#outgoing?.destroy();
      this.#release();
      this.#abandonUpload(refusal);
    } else if (this.#letGo === undefined) this.#finish();
  }

  /** Nobody takes the rest of the request's body. It is read all the same: a client that still sends hears nothing. */
  #abandonUpload(refusal?: Refusal): void {
    this.#letGo?.();
    this.#letGo = undefined;
    this.#input.client.body.resume();
    if (this.#phase === 'over') this.#finish(refusal);
  }

  /** Answer and upload are over: only then is the exchange, which must not go on unwatched. */
  #finish(refusal?: Refusal): void {
    this.#deadline.stop();
    this.#settle(refusal);
  }

  #destroyBoth(): void {
    this.#outgoing?.destroy();
    this.#input.client.channel.destroy();
  }
}
