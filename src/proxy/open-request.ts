// Does a request get a live connection, and if it fails, why?

import type { Agent, ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Refusal } from '../model/reasons.ts';
import type { Connections, RequestHead } from './connections.ts';
import type { Deadline } from './deadline.ts';

export interface Opening {
  /** There is a connection, verified where it is TLS; the request's bytes go out from now on. */
  connected(): void;
  /**
   * The request failed; may be told more than once, and after the head of the answer. `untouched`: a connection that
   * had served before broke without a byte of an answer, so that the service had most likely closed it before.
   */
  failed(refusal: Refusal, untouched: boolean): void;
}

/** Begins a request on a connection of `agent`; `deadline` bounds the making of the connection from the time it starts. */
export function openRequest(
  connections: Connections,
  agent: Agent,
  head: RequestHead,
  deadline: Deadline,
  opening: Opening,
): ClientRequest {
  const request = connections.request(agent, head);
  // 0: no limit but that of bytes. Node would silently leave out what comes after the limit, framing included.
  request.maxHeadersCount = 0;
  let connected = false;
  let untouched = () => false;

  function proceed(): void {
    connected = true;
    opening.connected();
  }

  request.once('socket', (socket: Socket | TLSSocket) => {
    if (isReady(socket)) {
      // `reusedSocket` is not set for a request that waited in the agent's line; that the connection stands tells it.
      const before = socket.bytesRead;
      untouched = () => socket.bytesRead === before;
      proceed();
      return;
    }
    // Node leaves a connection without an error listener for a moment while it goes back into the pool.
    socket.on('error', () => {});
    deadline.start(connections.upstream.connectTimeoutMs, () => {
      opening.failed({ code: 'upstream-unreachable', check: 'connect-timeout' }, false);
    });
    socket.once('secureConnecting' in socket ? 'secureConnect' : 'connect', proceed);
  });
  request.on('error', (error: NodeJS.ErrnoException) => {
    opening.failed(connected ? describeBreak(error) : describeUnreachable(error), untouched());
  });
  return request;
}

function isReady(socket: Socket | TLSSocket): boolean {
  return !socket.connecting && !('secureConnecting' in socket && socket.secureConnecting === true);
}

/** Refused, no such host, no route, or a certificate that does not verify. */
function describeUnreachable(error: NodeJS.ErrnoException): Refusal {
  return { code: 'upstream-unreachable', check: 'connect', note: `${error.code ?? error.name}: ${error.message}` };
}

/** llhttp's codes begin with HPE_: what came is not HTTP, or its head is too long. */
function describeBreak(error: NodeJS.ErrnoException): Refusal {
  const check = error.code?.startsWith('HPE_') === true ? 'answer-malformed' : 'connection-broken';
  return { code: 'upstream-failed', check, note: `${error.code ?? error.name}: ${error.message}` };
}
