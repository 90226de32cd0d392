// How does one request go to a service by HTTP/2, and its answer come back? Both may be under way at a time, as gRPC wants it.

import type { ClientHttp2Stream } from 'node:http2';
import { groupByName } from '../../headers/grouped.ts';
import { isHopByHop } from '../../headers/hop-by-hop.ts';
import type { ClientSide } from '../../model/client-side.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { Log } from '../../model/log.ts';
import type { Refusal } from '../../model/reasons.ts';
import type { Release, Slots } from '../../upstream/slots.ts';
import { createDeadline } from '../deadline.ts';
import { fieldValue } from '../message-fields.ts';
import { answerFields, flushSoon } from '../relay-answer.ts';
import { filterTrailers } from '../trailers.ts';
import type { Upstream } from '../upstream.ts';
import type { Place, Sessions } from './sessions.ts';

export interface StreamLaneInput {
  readonly upstream: Upstream;
  readonly slots: Slots;
  readonly sessions: Sessions;
  readonly client: ClientSide;
  readonly exchange: Exchange;
  readonly log: Log;
}

/** RFC 9113 7. */
const CODE = { noError: 0, refusedStream: 7 } as const;

/** Their answers may be silent for long: server-sent events, and the streams of gRPC. */
const EVENTS = /^\s*(text\/event-stream|application\/grpc[^;]*)\s*(;|$)/i;

const BODY_TOO_LARGE: Refusal = { code: 'body-too-large', check: 'body-size' };

export class StreamLane {
  /** A refusal when nothing was sent to the client; undefined once the answer is over, complete or broken off. */
  readonly outcome: Promise<Refusal | undefined>;
  readonly #input: StreamLaneInput;
  readonly #hasBody: boolean;
  readonly #deadline = createDeadline();
  #settle: (refusal: Refusal | undefined) => void = () => {};
  #release: Release = () => {};
  #stream: ClientHttp2Stream | undefined;
  /** Resets the stream. Closing it with a code would end it first, and a part of an upload would look like all of it. */
  readonly #cancel = new AbortController();
  #sentAt = 0;
  #phase: 'waiting' | 'answering' | 'over' = 'waiting';
  #isUploading = false;

  constructor(input: StreamLaneInput) {
    this.#input = input;
    const { client, exchange } = input;
    this.#hasBody = client.chunked || Number(fieldValue(exchange.fields, 'content-length') ?? 0) > 0;
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
    this.#release = slots.take(() => void this.#attempt(!this.#hasBody));
  }

  /** A stream that the service has not begun with may be sent again (RFC 9113 8.7), once, where no body has gone. */
  async #attempt(mayRetry: boolean): Promise<void> {
    const place = await this.#input.sessions.take();
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
    const { exchange, upstream } = this.#input;
    const head = requestHead(exchange, upstream);
    const stream = session.request(head, {
      endStream: !this.#hasBody,
      waitForTrailers: this.#hasBody,
      signal: this.#cancel.signal,
    });
    this.#stream = stream;
    this.#sentAt = performance.now();
    const trailers: string[] = [];
    stream.on('error', () => {});
    stream.on('trailers', (_headers, _flags, raw) => trailers.push(...((raw ?? []) as string[])));
    stream.once('response', (_headers, _flags, raw) => this.#answered(stream, (raw ?? []) as string[], trailers));
    stream.once('close', () => {
      leave();
      if (stream !== this.#stream) return;
      if (mayRetry && this.#phase === 'waiting' && stream.rstCode === CODE.refusedStream) void this.#attempt(false);
      else
        this.#fail({ code: 'upstream-failed', check: 'connection-broken', note: `stream closed: ${stream.rstCode}` });
    });
    if (this.#hasBody) this.#upload(stream);
    else this.#awaitAnswer();
  }

  #upload(stream: ClientHttp2Stream): void {
    const { client, exchange } = this.#input;
    const { body, channel } = client;
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
    const { client, exchange } = this.#input;
    const statusCode = Number(raw[raw.indexOf(':status') + 1]);
    const rawHeaders = raw.filter((_, index) => raw[index - (index % 2)]?.startsWith(':') === false);
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
    stream.on('data', () => this.#deadline.refresh());
    stream.pipe(client.answer, { end: false });
    stream.once('end', () => {
      // Node ends a stream that was reset, too; what `close` tells then.
      if (stream.rstCode !== CODE.noError) return;
      client.answer.addTrailers(filterTrailers(trailers, exchange.answerBlocked));
      client.answer.end();
    });
  }

  #watchIdle(silent: boolean): void {
    const { client, upstream } = this.#input;
    this.#deadline.start(upstream.idleTimeoutMs, () => {
      if (silent && !client.answer.writableNeedDrain) this.#watchIdle(true);
      else this.#fail(this.#stalled());
    });
  }

  /** Who holds the body up? While the service does not take what is there, it is the service. */
  #stalled(): Refusal {
    const sending = this.#isUploading && this.#stream?.writableNeedDrain === false;
    const byClient = sending || this.#input.client.answer.writableNeedDrain;
    return { code: byClient ? 'request-timeout' : 'upstream-timeout', check: 'body-idle' };
  }

  /** The service's side is over too early: a refusal while the client has seen nothing, else a broken answer. */
  #fail(refusal: Refusal): void {
    const { exchange, log, client } = this.#input;
    if (this.#phase === 'waiting') this.#end(refusal);
    // An answer that has ended only has to go out.
    else if (this.#phase === 'answering' && !client.answer.writableEnded) {
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
    this.#input.client.body.unpipe().resume();
    this.#cancel.abort();
    this.#settle(refusal);
  }
}

/** Names in lower case (RFC 9113 8.2); Host is `:authority`. */
function requestHead({ method, upstreamPath, fields, identity }: Exchange, { tls }: Upstream): string[] {
  const headers = [...fields, ...identity];
  const head = [':method', method, ':scheme', tls === undefined ? 'http' : 'https', ':path', upstreamPath];
  head.push(':authority', fieldValue(headers, 'host') ?? '');
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index]?.toLowerCase() ?? '';
    if (name !== 'host' && (name === 'te' || !isHopByHop(name))) head.push(name, headers[index + 1] ?? '');
  }
  return head;
}
