// A visitor by HTTP/1.1: the connection is its exchange's own until the answer is out.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Visitor } from './visitor.ts';

/** How much of an unwanted body is read, so that its client sees the answer and not a reset. */
const DISCARDED_BODY_BYTES = 1024 * 1024;

export function createHttp1Visitor(request: IncomingMessage, response: ServerResponse): Visitor {
  const { httpVersion, method, url, rawHeaders, headers } = request;
  const hangUp = () => {
    request.socket.destroy();
  };
  return {
    // As the request came: the proxy takes its headers and its address away.
    head: { httpVersion, method, url, rawHeaders, headers } as Visitor['head'],
    get status() {
      return response.headersSent ? response.statusCode : 0;
    },
    get isGone() {
      return request.socket.destroyed;
    },
    answer(status, fields, body) {
      discardBody(request);
      response.writeHead(status, fields);
      response.end(method === 'HEAD' ? undefined : body);
    },
    endConnection() {
      response.shouldKeepAlive = false;
    },
    breakOff: hangUp,
    hangUp,
  };
}

/** Lets a client finish a small body; a large one is cut off. */
function discardBody(request: IncomingMessage): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DISCARDED_BODY_BYTES) request.socket.destroy();
  });
}
