// Does an upgrade get a live connection, and if it fails, why?

import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Refusal } from '../model/reasons.ts';
import type { Connections, RequestHead } from './connections.ts';
import type { Deadline } from './deadline.ts';

export interface Opening {
  /** There is a connection, verified where it is TLS; the request's bytes go out from now on. */
  connected(): void;
  /** The request failed; may be told more than once, and after the head of the answer. */
  failed(refusal: Refusal): void;
}

/** Begins the request on a connection of its own; `deadline` bounds the making of it from the time it starts. */
export function openRequest(
  connections: Connections,
  head: RequestHead,
  deadline: Deadline,
  opening: Opening,
): ClientRequest {
  const request = connections.request(head);
  // 0: no limit but that of bytes. Node would silently leave out what comes after the limit, framing included.
  request.maxHeadersCount = 0;
  let connected = false;
  request.once('socket', (socket: Socket | TLSSocket) => {
    deadline.start(connections.upstream.connectTimeoutMs, () => {
      opening.failed({ code: 'upstream-unreachable', check: 'connect-timeout' });
    });
    socket.once('secureConnecting' in socket ? 'secureConnect' : 'connect', () => {
      connected = true;
      opening.connected();
    });
  });
  request.on('error', (error: NodeJS.ErrnoException) => {
    opening.failed(connected ? describeBreak(error) : describeUnreachable(error));
  });
  return request;
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
