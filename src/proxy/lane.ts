// How does one request go to its upstream and its answer come back?

import { ServerResponse } from 'node:http';
import type { ClientSide, RequestBody } from '../model/client-side.ts';
import type { Exchange, Outcome } from '../model/exchange.ts';
import type { Log } from '../model/log.ts';
import type { Refusal } from '../model/reasons.ts';
import type { AnswerHead } from '../upstream/answer-head.ts';
import type { Sender, UpstreamConnection } from '../upstream/connection.ts';
import type { Lent } from '../upstream/lent.ts';
import type { Pool } from '../upstream/pool.ts';
import type { Release } from '../upstream/slots.ts';
import { fieldsOfAnswer, isEventStream, plainReason } from './answer-head.ts';
import { offersConnectionAuthentication } from './connection-authentication.ts';
import type { Connections } from './connections.ts';
import { createDeadline } from './deadline.ts';
import { fieldValue } from './message-fields.ts';
import { flushSoon } from './relay-answer.ts';
import { writeRequestHead } from './request-head.ts';
import { filterTrailers } from './trailers.ts';
import { BODY_TOO_LARGE, startUpload } from './upload.ts';
import { sendWhole } from './whole-answer.ts';

export interface LaneInput {
  readonly connections: Connections;
  readonly client: ClientSide;
  readonly exchange: Exchange;
  readonly log: Log;
}

/** RFC 9110 9.2.2; without TRACE, which never comes here. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/**
 * What may wait for a client before its service is held up: two reads. A client that keeps up has taken one before the
 * next one comes, and to hold and let go costs as much as to pass it on.
 */
const AHEAD_BYTES = 128 * 1024;

/** One request on its way. */
export class Lane implements Sender {
  readonly #input: LaneInput;
  readonly #outcome: Outcome;
  /** To be sent; undefined where there is none. */
  readonly #body: RequestBody | undefined;
  /** As announced; 0 when it was not. */
  readonly #bodyBytes: number;
  readonly #deadline = createDeadline();
  #leaveLine: Release | undefined;
  #leaveOwnLine: Release | undefined;
  #pool: Pool | undefined;
  #connection: UpstreamConnection | undefined;
  #mayRetry: boolean;
  #sentAt = 0;
  #phase: 'waiting' | 'answering' | 'over' = 'waiting';
  /** All of the answer is with the response. */
  #answered = false;
  #isEventStream = false;
  /** The answer comes in parts, and the time between them is watched. */
  #isWatched = false;
  /** The client has to take what is there before more is read. */
  #isHeld = false;
  /** Gives the last part of the answer back; undefined until that is with the response. */
  #giveBackLast: (() => void) | undefined;
  /** Lets go of the rest of the request's body; undefined while none is on its way. */
  #letGo: (() => void) | undefined;

  constructor(input: LaneInput, outcome: Outcome) {
    this.#input = input;
    this.#outcome = outcome;
    const { client, exchange } = input;
    this.#bodyBytes = Number(fieldValue(exchange.fields, 'content-length') ?? 0);
    this.#body = client.chunked || this.#bodyBytes > 0 ? client.body : undefined;
    this.#mayRetry = this.#body === undefined && IDEMPOTENT.has(exchange.method);
  }

  /** Sends the request as soon as the upstream has a connection for it. */
  send(): void {
    const { connections, exchange, client } = this.#input;
    client.answer.on('close', () => this.#end(undefined));
    exchange.abort = this.abort.bind(this);
    if (this.#bodyBytes > exchange.maxBodyBytes) {
      this.#fail(BODY_TOO_LARGE);
      return;
    }
    this.#leaveLine = connections.slots.takeFree();
    if (this.#leaveLine !== undefined) {
      this.#choose();
      return;
    }
    this.#boundWait();
    this.#leaveLine = connections.slots.take(() => this.#choose());
  }

  abort(): void {
    // Afterwards the client's channel may be another request's.
    if (this.#phase !== 'over' || this.#letGo !== undefined) this.#destroyBoth();
  }

  /** Whether a connection of his own is the client's may have been decided while the request stood in line. */
  #choose(): void {
    const { connections, exchange, client } = this.#input;
    const pinned = connections.pinnedFor(exchange, client.connection);
    if (pinned === undefined) {
      this.#open(connections.pool);
      return;
    }
    this.#boundWait();
    this.#leaveOwnLine = pinned.slots.take(() => this.#open(pinned.pool));
  }

  /** Each of the two lines is stood in for so long at most. */
  #boundWait(): void {
    const { answerTimeoutMs } = this.#input.connections.upstream;
    this.#deadline.start(answerTimeoutMs, () => this.#fail({ code: 'overloaded', check: 'connections' }));
  }

  #open(pool: Pool): void {
    const { connections, exchange } = this.#input;
    const connection = pool.take();
    this.#pool = pool;
    this.#connection = connection;
    if (!connection.isReady) {
      this.#deadline.start(connections.upstream.connectTimeoutMs, () =>
        this.#fail({ code: 'upstream-unreachable', check: 'connect-timeout' }),
      );
    }
    connection.begin(exchange.method, this);
  }

  connected(): void {
    const { exchange, client } = this.#input;
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#sentAt = performance.now();
    if (this.#body !== undefined) connection.gather();
    try {
      connection.write(writeRequestHead(exchange, client.chunked));
    } catch (error) {
      // The gate made headers and path; when they cannot be written, we are broken.
      this.#fail({ code: 'internal', check: 'request', note: String(error) });
      return;
    }
    if (this.#body === undefined) {
      this.#awaitAnswer();
      connection.endRequest();
      return;
    }
    this.#watchIdle(false);
    this.#letGo = startUpload(this.#body, client, connection, exchange, {
      progress: () => this.#deadline.refresh(),
      tooLarge: () => (this.#phase === 'waiting' ? this.#fail(BODY_TOO_LARGE) : this.#destroyBoth()),
      left: () => this.#dropUpload(),
      ended: () => {
        this.#letGo = undefined;
        if (this.#phase === 'over') this.#finish();
        else if (this.#phase === 'waiting') this.#awaitAnswer();
      },
    });
  }

  drained(): void {
    if (this.#letGo !== undefined) this.#input.client.body?.resume();
  }

  whole(head: AnswerHead, body: Buffer): void {
    const { answer } = this.#input.client;
    const fields = this.#meet(head);
    if (answer instanceof ServerResponse && sendWhole(answer, head.status, plainReason(head.message), fields, body)) {
      this.#note(head);
    } else if (this.#writeHead(head, fields)) {
      answer.end(Buffer.from(body));
    } else {
      return;
    }
    this.#answered = true;
  }

  head(head: AnswerHead, hasMore: boolean): void {
    if (!this.#writeHead(head, this.#meet(head))) return;
    this.#isEventStream = isEventStream(head.fields);
    if (hasMore && !head.chunked) return;
    flushSoon(this.#input.client.answer);
    this.#watchIdle(this.#isEventStream);
  }

  data(part: Buffer, last: boolean, lent: Lent | undefined): void {
    const { answer } = this.#input.client;
    const connection = this.#connection;
    if (last) {
      this.#answered = true;
      this.#giveBackLast = () => lent?.taken(part);
      answer.end(part);
      return;
    }
    if (this.#isWatched) this.#deadline.refresh();
    else this.#watchIdle(this.#isEventStream);
    // What was read in one piece with this part comes all the same, be it thousands of chunks.
    const taken = (error?: Error | null) => {
      if (!error) lent?.taken(part);
    };
    if (answer.write(part, taken) || this.#isHeld || answer.writableLength <= AHEAD_BYTES) return;
    this.#isHeld = true;
    connection?.pause();
    answer.once('drain', () => {
      this.#isHeld = false;
      // Behind the end of the answer the connection may be another request's.
      if (this.#connection !== connection) return;
      this.#deadline.refresh();
      connection?.resume();
    });
  }

  over(trailers: readonly string[]): void {
    const { exchange, client } = this.#input;
    this.#answered = true;
    if (trailers.length > 0) client.answer.addTrailers(filterTrailers(trailers, exchange.answerBlocked));
    client.answer.end();
  }

  failed(refusal: Refusal, untouched: boolean): void {
    this.#connection = undefined;
    // For a client that has left nothing failed, and nothing is sent again. An upstream connection of his own ends with
    // his, before HTTP/2 tells his streams.
    const { channel, connection: own } = this.#input.client;
    if (channel.destroyed || own.destroyed) this.#end(undefined);
    // Once there is an answer, it alone tells whether it is complete; what failed then is the upload.
    else if (this.#answered) this.#dropUpload();
    else if (this.#phase === 'answering') this.#fail({ ...refusal, check: 'answer-incomplete' });
    else if (untouched && this.#mayRetry) this.#retry();
    else this.#fail(refusal);
  }

  free(): void {
    this.#connection = undefined;
    this.#leave();
  }

  /**
   * RFC 9112 9.3.1: a request on a connection that the service had closed may be sent again, once, when its method is
   * idempotent. The other unused connections are no younger, and so a new one is made.
   */
  #retry(): void {
    this.#mayRetry = false;
    this.#pool?.dropUnused();
    if (this.#pool !== undefined) this.#open(this.#pool);
  }

  /** Returns the fields that the client gets, flat. */
  #meet(head: AnswerHead): string[] {
    const { connections, exchange, client } = this.#input;
    exchange.upstreamMs = performance.now() - this.#sentAt;
    if (head.status === 401 && offersConnectionAuthentication(head.fields)) {
      // The connection that brought the offer goes back to the pool: nobody has authenticated on it, and what answers
      // the offer is sent on the client's own from now on.
      connections.pin(exchange, client.connection);
    }
    return fieldsOfAnswer(head, client.answer, exchange);
  }

  /** False: it could not be written, and the exchange is refused. */
  #writeHead(head: AnswerHead, fields: string[]): boolean {
    try {
      this.#input.client.answer.writeHead(head.status, plainReason(head.message), fields);
    } catch (error) {
      this.#fail({ code: 'upstream-failed', check: 'answer-malformed', note: String(error) });
      return false;
    }
    this.#note(head);
    return true;
  }

  #note({ status }: AnswerHead): void {
    this.#input.exchange.status = status;
    this.#phase = 'answering';
  }

  #awaitAnswer(): void {
    const { answerTimeoutMs } = this.#input.connections.upstream;
    this.#deadline.start(answerTimeoutMs, () => {
      // An answer that came in one piece was not watched until now: its client may be slow to take it.
      if (this.#phase === 'answering') this.#watchIdle(this.#isEventStream);
      else this.#fail({ code: 'upstream-timeout', check: 'answer' });
    });
  }

  /** Watches a body in either direction. An event stream may be silent, but its client has to take what comes. */
  #watchIdle(eventStream: boolean): void {
    const { connections, client } = this.#input;
    if (this.#phase === 'answering') this.#isWatched = true;
    this.#deadline.start(connections.upstream.idleTimeoutMs, () => {
      if (eventStream && !client.answer.writableNeedDrain && !this.#answered) this.#watchIdle(true);
      else if (this.#phase === 'over') this.#destroyBoth();
      else this.#fail(this.#stalled());
    });
  }

  /** Who holds the body up? While the upstream does not take what is there, it is the upstream. */
  #stalled(): Refusal {
    const sending = this.#letGo !== undefined && this.#connection?.needsDrain === false;
    const client = sending || this.#input.client.answer.writableNeedDrain;
    return client ? { code: 'request-timeout', check: 'body-idle' } : { code: 'upstream-timeout', check: 'body-idle' };
  }

  /** The upstream side is over too early: a refusal while the client has seen nothing, else a broken connection. */
  #fail(refusal: Refusal): void {
    const { exchange, log, client } = this.#input;
    if (this.#phase === 'answering') {
      const { code, check, note } = refusal;
      log.warn({ requestId: exchange.requestId, upstream: exchange.upstream, code, check, note }, 'answer broken off');
      // Behind what Node holds back until the end of this tick: as much as came goes on.
      process.nextTick(() => client.answer.destroy());
    } else if (this.#phase === 'waiting') {
      this.#end(refusal);
    }
  }

  #end(refusal: Refusal | undefined): void {
    if (this.#phase === 'over') return;
    const complete = refusal === undefined && this.#input.client.answer.writableFinished;
    this.#phase = 'over';
    if (!complete) {
      this.#drop();
      this.#dropUpload(refusal);
      return;
    }
    this.#giveBackLast?.();
    if (this.#letGo === undefined) this.#finish();
  }

  /** Nobody takes the rest of the request's body. It is read all the same: a client that still sends hears nothing. */
  #dropUpload(refusal?: Refusal): void {
    this.#drop();
    this.#letGo?.();
    this.#letGo = undefined;
    this.#input.client.body?.resume();
    if (this.#phase === 'over') this.#finish(refusal);
  }

  /** Answer and upload are over: only then is the exchange, which must not go on unwatched. */
  #finish(refusal?: Refusal): void {
    this.#deadline.stop();
    this.#outcome.settle(refusal);
  }

  /** Breaks off the upstream side. */
  #drop(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
    this.#leave();
  }

  #leave(): void {
    this.#leaveOwnLine?.();
    this.#leaveLine?.();
  }

  #destroyBoth(): void {
    this.#drop();
    this.#input.client.channel.destroy();
  }
}
