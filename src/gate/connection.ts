// One client connection as the gate sees it: its evidence, and the requests on it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Guest } from '../limits/guests.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Visit } from './visit.ts';

export interface Connection {
  readonly evidence: Evidence;
  readonly guest: Guest;
  /** Since its handshake, or its latest answer, in ms of performance.now(). */
  quietSince: number;
  /** Requests that are judged or on their way. */
  readonly visits: Visit[];
  /** Requests whose answers are not out yet: a client that pipelines has many. */
  waiting: number;
  /** Requests taken so far. */
  taken: number;
  /** The latest of them until it is whole and answered: kept longer, it would be much of what an idle connection takes. */
  latest: IncomingMessage | undefined;
  /** The answer under way ends the connection: no request behind it is taken. */
  ended: boolean;
  /** Requests that came behind that answer's. */
  ignored: number;
}

export interface ConnectionLimits {
  readonly pipelinedRequests: number;
  readonly requestsPerConnection: number;
}

/** `now`: in ms of performance.now(), as below. */
export function createConnection(evidence: Evidence, guest: Guest, now: number): Connection {
  return {
    evidence,
    guest,
    quietSince: now,
    visits: [],
    waiting: 0,
    taken: 0,
    latest: undefined,
    ended: false,
    ignored: 0,
  };
}

/** Takes a request on; its answer may be the connection's last one. */
export function takeRequest(
  connection: Connection,
  request: IncomingMessage,
  response: ServerResponse,
  limits: ConnectionLimits,
): void {
  connection.latest = request;
  connection.waiting++;
  response.on('close', () => {
    connection.waiting--;
    connection.quietSince = performance.now();
    if (connection.latest === request && request.complete) connection.latest = undefined;
    // Broken off while it stood behind another: Node would wait for its end, and the client for it and all behind it.
    if (!response.writableFinished) response.once('socket', (socket) => socket.destroy());
  });
  if (++connection.taken >= limits.requestsPerConnection) endBehind(connection, response);
}

/** Makes an answer the last one of its connection. */
export function endBehind(connection: Connection, response: ServerResponse): void {
  connection.ended = true;
  response.shouldKeepAlive = false;
}

/** It was used, and waits to be used again. */
export function isIdle(connection: Connection): boolean {
  return connection.taken > 0 && connection.visits.length === 0 && !isBusy(connection);
}

/** Nothing has come or gone for so long. */
export function isQuiet(connection: Connection, ms: number, now: number): boolean {
  return !isBusy(connection) && now - connection.quietSince >= ms;
}

/** An answer is due, or a body still comes: its end would cut that off, and bytes of ours would be taken for an answer. */
export function isBusy({ waiting, latest }: Connection): boolean {
  return waiting > 0 || latest?.complete === false;
}
