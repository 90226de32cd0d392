// A visitor by HTTP/2: one stream among others of a connection.

import type { ServerHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { ClientSide } from '../../model/client-side.ts';
import type { Visitor } from '../visitor.ts';
import { StreamAnswer } from './answer.ts';
import { StreamBody } from './body.ts';
import type { StreamHead } from './head.ts';

/** How long a client may take to read an answer of ours. */
const LINGER_MS = 2000;

/** A class, as the one by HTTP/1.1 is. */
export class StreamVisitor implements Visitor {
  readonly head: StreamHead;
  /** For the proxy. */
  readonly side: ClientSide;
  readonly #stream: ServerHttp2Stream;
  readonly #answer: StreamAnswer;
  readonly #socket: TLSSocket;

  constructor(stream: ServerHttp2Stream, head: StreamHead, socket: TLSSocket) {
    const answer = new StreamAnswer(stream, head.method);
    const body = stream.endAfterHeaders ? undefined : new StreamBody(stream, head.bodyBytes);
    this.head = head;
    this.side = { body, chunked: head.bodyBytes === undefined, answer, channel: answer, connection: socket };
    this.#stream = stream;
    this.#answer = answer;
    this.#socket = socket;
  }

  get status(): number {
    return this.#answer.status;
  }

  get isGone(): boolean {
    return this.#stream.closed;
  }

  /** Lets a client send its body that has asked whether it may (RFC 9110 10.1.1). */
  proceed(): void {
    if (this.head.headers.expect === undefined || this.#stream.closed) return;
    this.#stream.additionalHeaders({ ':status': 100 });
  }

  answer(status: number, fields: string[], bytes: Buffer): void {
    this.#answer.writeHead(status, '', fields);
    this.#answer.end(bytes);
    const timer = setTimeout(() => this.breakOff(), LINGER_MS);
    this.#stream.once('close', () => clearTimeout(timer));
  }

  /** Behind its open streams. */
  endConnection(): void {
    this.#stream.session?.close();
  }

  breakOff(): void {
    this.#answer.destroy();
  }

  hangUp(): void {
    this.#socket.destroy();
  }
}
