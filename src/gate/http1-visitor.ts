// A visitor by HTTP/1.1: the connection is its exchange's own until the answer is out.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHead, Visitor } from './visitor.ts';

/** How much of an unwanted body is read, so that its client sees the answer and not a reset. */
const DISCARDED_BODY_BYTES = 1024 * 1024;

/** How long a client may take to read an answer of ours, once it is its turn. */
const LINGER_MS = 5_000;

/** A class: an object with functions of its own would be among the dearest things that are made for a request. */
export class Http1Visitor implements Visitor {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
  }

  get head(): RequestHead {
    return this.#request;
  }

  get status(): number {
    return this.#response.headersSent ? this.#response.statusCode : 0;
  }

  get isGone(): boolean {
    return this.#request.socket.destroyed;
  }

  answer(status: number, fields: string[], body: Buffer): void {
    discardBody(this.#request);
    this.#response.writeHead(status, fields);
    this.#response.end(this.#request.method === 'HEAD' ? undefined : body);
    limitReading(this.#response);
  }

  endConnection(): void {
    this.#response.shouldKeepAlive = false;
  }

  breakOff(): void {
    this.hangUp();
  }

  hangUp(): void {
    this.#request.socket.destroy();
    // Behind another's answer it has no socket, which could tell it.
    this.#response.destroy();
  }
}

/** Behind another's answer it has no socket yet, and that one's time limits hold. */
function limitReading(response: ServerResponse): void {
  const { socket } = response;
  if (socket === null) {
    response.once('socket', () => limitReading(response));
    return;
  }
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  response.once('close', () => clearTimeout(timer));
}

/** Lets a client finish a small body; a large one is cut off. */
function discardBody(request: IncomingMessage): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DISCARDED_BODY_BYTES) request.socket.destroy();
  });
}
