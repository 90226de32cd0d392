// An answer by HTTP/2, written as one by HTTP/1.1 is.

import type { ServerHttp2Stream } from 'node:http2';
import { Writable } from 'node:stream';
import { groupByName } from '../../headers/grouped.ts';
import type { AnswerSide } from '../../model/client-side.ts';

/** No body with these (RFC 9110 6.4.1, 15.3.6); node:http2 ends the stream with their head. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);
/** RFC 9113 7. */
const NO_ERROR = 0;

export class StreamAnswer extends Writable implements AnswerSide {
  /** Whatever the length of the body, trailers may follow (RFC 9113 8.1). */
  readonly useChunkedEncodingByDefault = true;
  /** 0: there is no head yet. */
  status = 0;
  readonly #stream: ServerHttp2Stream;
  readonly #isHead: boolean;
  /** Until it is sent: with the first part of the body, with the end, or when somebody wants it flushed. */
  #head: string[] | undefined;
  #bodiless = false;
  #sendsTrailers = false;
  #trailers: [string, string][] = [];

  constructor(stream: ServerHttp2Stream, method: string | undefined) {
    super({ autoDestroy: false });
    this.#stream = stream;
    this.#isHead = method === 'HEAD';
    stream.once('close', () => this.destroy());
  }

  /** There are no reason phrases in HTTP/2 (RFC 9113 8.3.2). */
  writeHead(status: number, _message: string, fields: string[]): void {
    this.#bodiless = this.#isHead || BODILESS.has(status);
    const head = [':status', String(status)];
    let measured = false;
    for (let index = 0; index + 1 < fields.length; index += 2) {
      const name = (fields[index] ?? '').toLowerCase();
      measured ||= name === 'content-length';
      head.push(name, fields[index + 1] ?? '');
    }
    this.#sendsTrailers = !this.#bodiless && !measured;
    this.#head = head;
    this.status = status;
  }

  flushHeaders(): void {
    this.#sendHead(false);
  }

  /** `isAll`: the head ends the stream. gRPC tells an answer without messages by that. */
  #sendHead(isAll: boolean): void {
    const head = this.#head;
    this.#head = undefined;
    if (head === undefined || this.#stream.closed) return;
    try {
      this.#stream.respond(head, isAll ? { endStream: true } : { waitForTrailers: this.#sendsTrailers });
    } catch {
      // A head of a service that HTTP/2 has no room for.
      this.destroy();
    }
  }

  addTrailers(fields: readonly [string, string][]): void {
    this.#trailers.push(...fields);
  }

  /** Complete, whatever of the request is still to come: nobody waits for that (RFC 9113 8.1). */
  #hangUp(): void {
    this.#stream.close(NO_ERROR);
    // Node waits until what has come is read.
    this.#stream.resume();
  }

  /** Of an error the stream's end tells, too. */
  override _write(part: Buffer, _encoding: string, done: () => void): void {
    this.#sendHead(false);
    if (this.#bodiless) done();
    else this.#stream.write(part, () => done());
  }

  override _final(done: () => void): void {
    const stream = this.#stream;
    const over = () => {
      done();
      if (!stream.endAfterHeaders && !stream.readableEnded) setImmediate(() => this.#hangUp());
    };
    this.#sendHead(this.#trailers.length === 0);
    if (stream.writableEnded) {
      over();
      return;
    }
    if (this.#sendsTrailers) stream.once('wantTrailers', () => this.#sendTrailers(over));
    stream.end((error?: Error | null) => {
      if (!error && !this.#sendsTrailers) over();
    });
  }

  #sendTrailers(over: () => void): void {
    try {
      this.#stream.sendTrailers(groupByName(this.#trailers));
      over();
    } catch {
      // Trailers of a service that HTTP/2 has no room for.
      this.destroy();
    }
  }

  override _destroy(error: Error | null, done: () => void): void {
    // With an error, or the client would see a proper end.
    if (!this.#stream.destroyed && !this.writableFinished) this.#stream.destroy(error ?? new Error('broken off'));
    done();
  }
}
