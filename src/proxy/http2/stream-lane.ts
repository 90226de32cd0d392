// How does one request go to a service by HTTP/2, and its answer come back? Both may be under way at a time, as gRPC wants it.

import type { ClientHttp2Stream } from 'node:http2';
import { groupByName } from '../../headers/grouped.ts';
import type { ClientSide, RequestBody } from '../../model/client-side.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { Log } from '../../model/log.ts';
import type { Refusal } from '../../model/reasons.ts';
import type { Release, Slots } from '../../upstream/slots.ts';
import { offersConnectionAuthentication } from '../connection-authentication.ts';
import { createDeadline } from '../deadline.ts';
import { fieldValue } from '../message-fields.ts';
import { answerFields, findUnfit, flushSoon } from '../relay-answer.ts';
import { filterTrailers } from '../trailers.ts';
import { BODY_TOO_LARGE } from '../upload.ts';
import type { Upstream } from '../upstream.ts';
import { requestHead } from './request-head.ts';
import type { Place } from './sessions.ts';
import { watchEnd } from './watch-end.ts';
import type { WhoseSessions } from './whose-sessions.ts';

export interface StreamLaneInput {
  readonly upstream: Upstream;
  readonly slots: Slots;
  readonly sessions: WhoseSessions;
  readonly client: ClientSide;
  readonly exchange: Exchange;
  readonly log: Log;
}

/** RFC 9113 7. */
const REFUSED_STREAM = 7;

/** Their answers may be silent for long: server-sent events, and the streams of gRPC. */
const EVENTS = /^\s*(text\/event-stream|application\/grpc[^;]*)\s*(;|$)/i;

export class StreamLane {
  /** A refusal when nothing was sent to the client; undefined once the answer is over, complete or broken off. */
  readonly outcome: Promise<Refusal | undefined>;
  readonly #input: StreamLaneInput;
  /** To be sent; undefined where there is none. */
  readonly #body: RequestBody | undefined;
  readonly #deadline = createDeadline();
  #settle: (refusal: Refusal | undefined) => void = () => {};
  #release: Release = () => {};
  #stream: ClientHttp2Stream | undefined;
  #isWhole: () => boolean = () => false;
  /** Resets the stream. Closing it with a code would end it first, and a part of an upload would look like all of it. */
  readonly #cancel = new AbortController();
  #sentAt = 0;
  #phase: 'waiting' | 'answering' | 'over' = 'waiting';
  #isUploading = false;

  constructor(input: StreamLaneInput) {
    this.#input = input;
    const { client, exchange } = input;
    const bytes = Number(fieldValue(exchange.fields, 'content-length') ?? 0);
    this.#body = client.chunked || bytes > 0 ? client.body : undefined;
    this.outcome = new Promise((settle) => {
      this.#settle = settle;
    });
    client.answer.once('close', () => this.#end(undefined));
    exchange.abort = () => {
      if (this.#phase !== 'over') client.channel.destroy();
    };
  }

  send(): void {
    const { exchange, slots, upstream } = this.#input;
    if (Number(fieldValue(exchange.fields, 'content-length') ?? 0) > exchange.maxBodyBytes) {
      this.#fail(BODY_TOO_LARGE);
      return;
    }
    this.#deadline.start(upstream.answerTimeoutMs, () => this.#fail({ code: 'overloaded', check: 'connections' }));
    this.#release = slots.take(() => void this.#attempt(this.#body === undefined));
  }

  /** A stream that the service has not begun with may be sent again (RFC 9113 8.7), once, where no body has gone. */
  async #attempt(mayRetry: boolean): Promise<void> {
    const { sessions, client, exchange } = this.#input;
    const place = await sessions.sessionsFor(exchange, client.connection).take();
    if ('code' in place) {
      this.#fail(place);
      return;
    }
    if (this.#phase === 'over') {
      place.leave();
      return;
    }
    try {
      this.#open(place, mayRetry);
    } catch (error) {
      place.leave();
      this.#fail({ code: 'upstream-failed', check: 'connection-broken', note: String(error) });
    }
  }

  #open({ session, leave }: Place, mayRetry: boolean): void {
    const { client, exchange, upstream } = this.#input;
    const head = requestHead(exchange, upstream);
    const stream = session.request(head, {
      endStream: this.#body === undefined,
      waitForTrailers: this.#body !== undefined,
      signal: this.#cancel.signal,
    });
    this.#stream = stream;
    this.#sentAt = performance.now();
    this.#isWhole = watchEnd(stream);
    const trailers: string[] = [];
    stream.on('error', () => {});
    stream.on('trailers', (_headers, _flags, raw) => trailers.push(...((raw ?? []) as string[])));
    stream.once('response', (_headers, _flags, raw) => this.#answered(stream, (raw ?? []) as string[], trailers));
    stream.once('close', () => {
      leave();
      if (mayRetry && this.#phase === 'waiting' && stream.rstCode === REFUSED_STREAM) {
        void this.#attempt(false);
        return;
      }
      // However long the client takes for what is left of the answer.
      this.#release();
      // An answer that has ended only has to go out.
      if (!client.answer.writableEnded)
        this.#fail({ code: 'upstream-failed', check: 'connection-broken', note: `stream closed: ${stream.rstCode}` });
    });
    if (this.#body === undefined) this.#awaitAnswer();
    else this.#upload(this.#body, stream);
  }

  #upload(body: RequestBody, stream: ClientHttp2Stream): void {
    const { client, exchange } = this.#input;
    const { channel } = client;
    let bytes = 0;
    this.#isUploading = true;
    body.on('data', (part: Uint8Array) => {
      bytes += part.length;
      this.#deadline.refresh();
      if (bytes <= exchange.maxBodyBytes) return;
      if (this.#phase === 'waiting') this.#fail(BODY_TOO_LARGE);
      else channel.destroy();
    });
    body.once('end', () => {
      this.#isUploading = false;
      if (this.#phase === 'waiting') this.#awaitAnswer();
    });
    // A body that does not come to its end must not look complete.
    body.once('close', () => {
      if (!body.readableEnded) this.#cancel.abort();
    });
    stream.once('wantTrailers', () => {
      try {
        stream.sendTrailers(groupByName(filterTrailers(body.rawTrailers, exchange.trailerBlocked)));
      } catch {
        // Trailers of a client that HTTP/2 has no room for; nobody else would catch what is thrown in here.
        this.#cancel.abort();
      }
    });
    this.#watchIdle(false);
    body.pipe(stream);
  }

  #awaitAnswer(): void {
    const { answerTimeoutMs } = this.#input.upstream;
    this.#deadline.start(answerTimeoutMs, () => this.#fail({ code: 'upstream-timeout', check: 'answer' }));
  }

  #answered(stream: ClientHttp2Stream, raw: readonly string[], trailers: readonly string[]): void {
    if (this.#phase !== 'waiting') return;
    const { client, exchange, sessions } = this.#input;
    const statusCode = Number(raw[raw.indexOf(':status') + 1]);
    const rawHeaders = raw.filter((_, index) => raw[index - (index % 2)]?.startsWith(':') === false);
    const unfit = findUnfit({ statusCode, rawHeaders });
    if (unfit !== undefined) {
      this.#fail(unfit);
      return;
    }
    if (statusCode === 401 && offersConnectionAuthentication(rawHeaders)) sessions.pin(exchange, client.connection);
    exchange.upstreamMs = performance.now() - this.#sentAt;
    try {
      client.answer.writeHead(statusCode, '', answerFields({ statusCode, rawHeaders }, client.answer, exchange));
    } catch (error) {
      this.#fail({ code: 'upstream-failed', check: 'answer-malformed', note: String(error) });
      return;
    }
    exchange.status = statusCode;
    this.#phase = 'answering';
    flushSoon(client.answer);
    this.#watchIdle(EVENTS.test(fieldValue(rawHeaders, 'content-type') ?? ''));
    stream.on('data', (part: Buffer) => {
      this.#deadline.refresh();
      if (client.answer.write(part)) return;
      stream.pause();
      client.answer.once('drain', () => stream.resume());
    });
    stream.once('end', () => {
      // What was reset is for `close` to tell.
      if (!this.#isWhole()) return;
      client.answer.addTrailers(filterTrailers(trailers, exchange.answerBlocked));
      client.answer.end();
    });
  }

  #watchIdle(silent: boolean): void {
    const { client, upstream } = this.#input;
    this.#deadline.start(upstream.idleTimeoutMs, () => {
      if (silent && !client.answer.writableNeedDrain && !client.answer.writableEnded) this.#watchIdle(true);
      else this.#fail(this.#stalled());
    });
  }

  /** Who holds the body up? While the service does not take what is there, it is the service. */
  #stalled(): Refusal {
    const sending = this.#isUploading && this.#stream?.writableNeedDrain === false;
    const { writableNeedDrain, writableEnded } = this.#input.client.answer;
    const byClient = sending || writableNeedDrain || writableEnded;
    return { code: byClient ? 'request-timeout' : 'upstream-timeout', check: 'body-idle' };
  }

  /** The service's side is over too early: a refusal while the client has seen nothing, else a broken answer. */
  #fail(refusal: Refusal): void {
    const { exchange, log, client } = this.#input;
    if (this.#phase === 'waiting') this.#end(refusal);
    else if (this.#phase === 'answering') {
      const { code, check, note } = refusal;
      log.warn({ requestId: exchange.requestId, upstream: exchange.upstream, code, check, note }, 'answer broken off');
      client.answer.destroy();
    }
  }

  #end(refusal: Refusal | undefined): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#deadline.stop();
    this.#release();
    this.#input.client.body?.unpipe().resume();
    this.#cancel.abort();
    this.#settle(refusal);
  }
}
