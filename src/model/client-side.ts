// The client's side of an exchange as the proxy uses it: a request and its answer by HTTP/1.1, or a stream of HTTP/2.

import type { Duplex, Readable } from 'node:stream';

/** The body of a request. It ends only where it is complete; else it is just destroyed. `IncomingMessage` is one. */
export interface RequestBody extends Readable {
  /** Flat; there once the body has ended. */
  readonly rawTrailers: readonly string[];
}

/**
 * The answer to a request. Destroying it breaks it off, so that no client takes it for complete. `ServerResponse` is one, and
 * what is here is as there.
 */
export interface AnswerSide {
  /** Trailers can be sent behind a body whose length was not told. */
  readonly useChunkedEncodingByDefault: boolean;
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
  readonly writableFinished: boolean;
  readonly writableNeedDrain: boolean;
  /** Bytes that wait. */
  readonly writableLength: number;
  on(event: 'close', listener: () => void): unknown;
  once(event: 'close' | 'drain', listener: () => void): unknown;
  /** `fields`: flat list. */
  writeHead(status: number, message: string, fields: string[]): unknown;
  flushHeaders(): void;
  /** False: wait for `drain` with more. `taken`: the part is needed no more, unless there is an error. */
  write(part: Uint8Array, taken?: (error?: Error | null) => void): boolean;
  addTrailers(fields: readonly [string, string][]): void;
  end(part?: Uint8Array): unknown;
  destroy(): unknown;
}

/** What one exchange hangs on; its end tells that the client has left. */
export interface Channel {
  readonly destroyed: boolean;
  once(event: 'close', listener: () => void): unknown;
  off(event: 'close', listener: () => void): unknown;
  destroy(): unknown;
}

export interface ClientSide {
  /** Undefined: the head was all of it. */
  readonly body: RequestBody | undefined;
  /** There is a body, and its length was not told. */
  readonly chunked: boolean;
  readonly answer: AnswerSide;
  /** The connection of HTTP/1.1, the stream of HTTP/2. */
  readonly channel: Channel;
  /** The whole connection: upstream connections are pinned to it (design rule 10). */
  readonly connection: Duplex;
}
