// Who sent a request, as the gate sees it: what was asked, and what can be done about it, by any version of HTTP.

import type { IncomingMessage } from 'node:http';

/** A request up to its body. Of `headers` only what is no matter of trust is read. */
export type RequestHead = Pick<IncomingMessage, 'httpVersion' | 'method' | 'url' | 'rawHeaders' | 'headers'>;

export interface Visitor {
  readonly head: RequestHead;
  /** Of the answer's head, once that is written; else 0. */
  readonly status: number;
  /** Nobody is there any more. */
  readonly isGone: boolean;
  /** Answers at once, and takes what is left of the body for nothing. `headers`: flat. */
  answer(status: number, headers: string[], body: Buffer): void;
  /** Lets the connection end behind what is under way on it. */
  endConnection(): void;
  /** Breaks this exchange off; of HTTP/1.1 that is the connection. */
  breakOff(): void;
  /** Breaks the connection off, with all that is on it. */
  hangUp(): void;
}
