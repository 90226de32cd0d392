// An answer by HTTP/2, written as one by HTTP/1.1 is.

import type { ServerHttp2Stream } from 'node:http2';
import { groupByName } from '../../headers/grouped.ts';
import type { AnswerSide } from '../../model/client-side.ts';

/** No body with these (RFC 9110 6.4.1, 15.3.6); node:http2 ends the stream with their head. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);
/** RFC 9113 7. */
const NO_ERROR = 0;
const AND_NO_MORE = { endStream: true };
const AND_TRAILERS = { waitForTrailers: true };
const LENGTH = 'content-length';

/** No Writable: the stream is one, and one before it would hold everything twice. */
export class StreamAnswer implements AnswerSide {
  /** Whatever the length of the body, trailers may follow (RFC 9113 8.1). */
  readonly useChunkedEncodingByDefault = true;
  /** 0: there is no head yet. */
  status = 0;
  /** Not the stream's: Node ends that by itself for HEAD, and when its client has gone. */
  writableEnded = false;
  readonly #stream: ServerHttp2Stream;
  readonly #isHead: boolean;
  /** Until it is sent: with the first part of the body, with the end, or when somebody wants it flushed. */
  #head: string[] | undefined;
  #bodiless = false;
  /** Trailers are asked for behind the body, and have not been sent. */
  #awaitsTrailers = false;
  #trailers: readonly [string, string][] = [];

  constructor(stream: ServerHttp2Stream, method: string | undefined) {
    this.#stream = stream;
    this.#isHead = method === 'HEAD';
  }

  get destroyed(): boolean {
    return this.#stream.closed;
  }

  get writableFinished(): boolean {
    const { writableFinished, aborted } = this.#stream;
    return this.writableEnded && writableFinished && !aborted && !this.#awaitsTrailers;
  }

  get writableNeedDrain(): boolean {
    return this.#stream.writableNeedDrain;
  }

  get writableLength(): number {
    return this.#stream.writableLength;
  }

  on(event: 'close', listener: () => void): void {
    this.#stream.on(event, listener);
  }

  once(event: 'close' | 'drain', listener: () => void): void {
    this.#stream.once(event, listener);
  }

  off(event: 'close', listener: () => void): void {
    this.#stream.off(event, listener);
  }

  /** There are no reason phrases in HTTP/2 (RFC 9113 8.3.2). */
  writeHead(status: number, _message: string, fields: readonly string[]): void {
    this.#bodiless = this.#isHead || BODILESS.has(status);
    this.#awaitsTrailers = !this.#bodiless && !tellsLength(fields);
    // Node writes names in lower case.
    this.#head = [':status', String(status), ...fields];
    this.status = status;
  }

  flushHeaders(): void {
    this.#sendHead(false);
  }

  write(part: Uint8Array, taken?: (error?: Error | null) => void): boolean {
    this.#sendHead(false);
    // Behind its end it takes nothing; `close` tells of that.
    return this.#bodiless || this.#stream.closed || this.#stream.write(part, taken);
  }

  addTrailers(fields: readonly [string, string][]): void {
    this.#trailers = fields;
  }

  end(part?: Uint8Array): void {
    if (this.writableEnded) return;
    this.writableEnded = true;
    const stream = this.#stream;
    const rest = this.#bodiless ? undefined : part;
    this.#sendHead(rest === undefined && this.#trailers.length === 0);
    if (stream.closed) return;
    // Node ends with the head what has no body.
    if (stream.writableEnded) this.#hangUp();
    else if (this.#awaitsTrailers) stream.once('wantTrailers', () => this.#sendTrailers()).end(rest);
    else if (stream.endAfterHeaders) stream.end(rest);
    else stream.end(rest, () => this.#hangUp());
  }

  /** Unless all of it is with the client already, so that nobody takes it for complete. */
  destroy(): void {
    // With an error, or the client would see a proper end.
    if (!this.#stream.destroyed && !this.writableFinished) this.#stream.destroy(new Error('broken off'));
  }

  /** `isAll`: the head ends the stream. gRPC tells an answer without messages by that. */
  #sendHead(isAll: boolean): void {
    const head = this.#head;
    this.#head = undefined;
    if (head === undefined || this.#stream.closed) return;
    if (isAll) this.#awaitsTrailers = false;
    try {
      this.#stream.respond(head, isAll ? AND_NO_MORE : this.#awaitsTrailers ? AND_TRAILERS : undefined);
    } catch {
      // A head of a service that HTTP/2 has no room for.
      this.destroy();
    }
  }

  #sendTrailers(): void {
    try {
      this.#stream.sendTrailers(groupByName(this.#trailers));
      this.#awaitsTrailers = false;
      this.#hangUp();
    } catch {
      // Trailers of a service that HTTP/2 has no room for.
      this.destroy();
    }
  }

  /** The answer is complete, whatever of the request is still to come: nobody waits for that (RFC 9113 8.1). */
  #hangUp(): void {
    const stream = this.#stream;
    if (stream.endAfterHeaders || stream.readableEnded) return;
    setImmediate(() => {
      stream.close(NO_ERROR);
      // Node waits until what has come is read.
      stream.resume();
    });
  }
}

function tellsLength(fields: readonly string[]): boolean {
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? '';
    if (name.length === LENGTH.length && name.toLowerCase() === LENGTH) return true;
  }
  return false;
}
