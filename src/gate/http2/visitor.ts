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

export interface StreamVisitor extends Visitor {
  /** For the proxy. */
  readonly side: ClientSide;
  /** Lets a client send its body that has asked whether it may (RFC 9110 10.1.1). */
  proceed(): void;
}

/** `endConnection`: lets the connection end behind its open streams. */
export function createStreamVisitor(
  stream: ServerHttp2Stream,
  head: StreamHead,
  socket: TLSSocket,
  endConnection: () => void,
): StreamVisitor {
  const answer = new StreamAnswer(stream, head.method);
  const body = new StreamBody(stream, head.bodyBytes);
  return {
    head,
    side: { body, chunked: head.bodyBytes === undefined, answer, channel: answer, connection: socket },
    proceed() {
      if (head.headers.expect !== undefined && !stream.closed) stream.additionalHeaders({ ':status': 100 });
    },
    get status() {
      return answer.status;
    },
    get isGone() {
      return stream.closed;
    },
    answer(status, fields, bytes) {
      answer.writeHead(status, '', fields);
      answer.end(bytes);
      const timer = setTimeout(() => answer.destroy(), LINGER_MS);
      stream.once('close', () => clearTimeout(timer));
    },
    endConnection,
    breakOff() {
      answer.destroy();
    },
    hangUp() {
      socket.destroy();
    },
  };
}
