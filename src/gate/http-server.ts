// The HTTP server as the gate uses it: it never listens, and what it would decide by itself is taken from it.

import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isWebSocketHandshake } from './read-request.ts';

export interface ServerLimits {
  readonly headerBytes: number;
}

export interface ServerTimeouts {
  /** All in ms. */
  readonly head: number;
  readonly request: number;
  readonly idle: number;
}

/** How long a client may take to read the last bytes of its connection before that is cut. */
const LINGER_MS = 2000;
/** How soon time limits are noticed; Node's own 30 s would make a 10 s limit one of 40 s. */
const LIMIT_CHECK_INTERVAL_MS = 1000;

/** An HTTP server that never listens: connections come from the listener, when their handshake is over. */
export function createHttpServer(limits: ServerLimits, timeouts: ServerTimeouts): Server {
  const server = createServer({
    insecureHTTPParser: false,
    // No stream has to begin and end for a body that is not there.
    optimizeEmptyRequests: true,
    maxHeaderSize: limits.headerBytes,
    headersTimeout: timeouts.head,
    requestTimeout: timeouts.request,
    keepAliveTimeout: timeouts.idle,
    connectionsCheckingInterval: LIMIT_CHECK_INTERVAL_MS,
    // Node would answer a request without Host itself; `readRequest` refuses it, with a reason and a log line.
    requireHostHeader: false,
    // What fails to be a WebSocket handshake is judged as a request, so that no body is taken for a tunnel.
    shouldUpgradeCallback: isWebSocketHandshake,
  });
  // Node would drop fields beyond its limit without a word, Content-Length among them; `readRequest` counts and refuses.
  server.maxHeadersCount = 0;
  // The checks of time limits begin with this event, which a server that does not listen never emits by itself.
  server.emit('listening');
  return server;
}

/** A response for a socket that Node has detached from its parser; undefined when another one still owns it. */
export function responseOn(request: IncomingMessage, socket: Duplex): ServerResponse | undefined {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  try {
    response.assignSocket(socket as Socket);
  } catch {
    return undefined;
  }
  response.on('finish', () => endSoon(socket));
  return response;
}

/** Nobody watches a detached socket: it is read on, so that its end is seen, and gone soon whatever its client does. */
function endSoon(socket: Duplex): void {
  cutOffSoon(socket);
  socket.resume();
  socket.end();
}

/** Closes a connection behind its last bytes: at once when they are out, and soon when its client does not read them. */
export function closeBehind(socket: Duplex, last?: Buffer): void {
  cutOffSoon(socket);
  socket.end(last, () => socket.destroy());
}

function cutOffSoon(socket: Duplex): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
