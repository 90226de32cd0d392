// The body of a request by HTTP/2: it ends only where the client has ended it, and is as long as it was announced.

import type { ServerHttp2Stream } from 'node:http2';
import { Readable } from 'node:stream';
import type { RequestBody } from '../../model/client-side.ts';

/**
 * Node ends a stream that its client has reset as if it were complete (nodejs/node#56627), so that an upload broken off
 * would look whole. A stream that is still open when it ends was ended by END_STREAM, and by nothing else.
 */
export class StreamBody extends Readable implements RequestBody {
  readonly rawTrailers: string[] = [];
  readonly #stream: ServerHttp2Stream;
  /** What is still to come; undefined when that was not told. */
  #bytesLeft: number | undefined;
  #begun = false;

  /** `bytes`: as announced. */
  constructor(stream: ServerHttp2Stream, bytes: number | undefined) {
    super();
    this.#stream = stream;
    this.#bytesLeft = bytes;
    stream.on('trailers', (_headers: object, _flags: number, raw: string[]) => this.rawTrailers.push(...raw));
    // Node keeps what was reset without an error until its body is read, and this one may wait for a service.
    stream.once('aborted', () => stream.resume());
    stream.once('close', () => this.destroy());
  }

  override _read(): void {
    if (!this.#begun) this.#begin();
    this.#stream.resume();
  }

  #begin(): void {
    this.#begun = true;
    const stream = this.#stream;
    stream.on('data', (part: Buffer) => {
      if (this.#bytesLeft !== undefined) this.#bytesLeft -= part.length;
      if (!this.push(part) && !stream.closed) stream.pause();
    });
    stream.once('end', () => {
      // nghttp2 has checked the length as well (RFC 9113 8.1.1).
      const whole = !stream.closed && !stream.aborted && (this.#bytesLeft ?? 0) === 0;
      if (whole) this.push(null);
      else this.destroy();
    });
  }
}
