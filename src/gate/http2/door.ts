// Requests by HTTP/2: each stream is judged for itself, by the evidence of its connection.

import { randomUUID } from 'node:crypto';
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Guest } from '../../limits/guests.ts';
import type { RequestBody } from '../../model/client-side.ts';
import type { Evidence } from '../../model/evidence.ts';
import type { Attendant, AttendInput, Send } from '../attend.ts';
import { type Door, PATIENCE_MS } from '../door.ts';
import { findRoom } from '../find-room.ts';
import { requestIdOf } from '../forwarding.ts';
import type { ServerTimeouts } from '../http-server.ts';
import { HTTP2_VERSIONS, type RequestLimits, readRequest } from '../read-request.ts';
import { beginVisit, type Visit } from '../visit.ts';
import { readStreamHead } from './head.ts';
import { openSession, type SessionLimits, watchControlFrames } from './session.ts';
import { StreamVisitor } from './visitor.ts';

export interface Http2DoorInput extends AttendInput {
  readonly limits: RequestLimits & SessionLimits & { readonly requestsPerConnection: number };
  readonly timeouts: ServerTimeouts;
}

interface Connection {
  readonly session: ServerHttp2Session;
  readonly socket: TLSSocket;
  readonly evidence: Evidence;
  readonly guest: Guest;
  /** Streams that are open, and all so far. */
  open: number;
  taken: number;
  /** Runs while no stream is open. */
  idle: NodeJS.Timeout | undefined;
}

const ignore = () => {};

/** How long a client may take to close a connection that nothing comes on any more. */
const LINGER_MS = 2000;

export function createHttp2Door(input: Http2DoorInput, attendant: Attendant): Door {
  const { limits, timeouts, metrics, log } = input;
  const connections = new Set<Connection>();
  /** Since when, in ms of performance.now(). */
  let draining: number | undefined;

  function begin(connection: Connection, stream: ServerHttp2Stream, raw: string[]): void {
    const { session } = connection;
    // Before anything else: its errors say that its client has gone, or repeat our own, and unheard they end the process.
    stream.on('error', ignore);
    // Not before it: what crosses GOAWAY on its way is not taken, and has to be sent again (RFC 9113 6.8).
    if (++connection.taken >= limits.requestsPerConnection || draining !== undefined) session.close();
    // Reset before it was looked at.
    if (stream.closed) return;
    clearTimeout(connection.idle);
    connection.open++;
    stream.on('close', () => {
      // Node keeps what is left of a stream until a whole collection, and with it whatever listens.
      stream.removeAllListeners('close');
      if (--connection.open === 0) wait(connection, timeouts.idle);
    });
    try {
      receive(connection, stream, raw);
    } catch (fault) {
      log.error({ err: fault }, 'a request could not be begun');
      stream.destroy(new Error('broken off'));
    }
  }

  function receive({ socket, evidence, guest }: Connection, stream: ServerHttp2Stream, raw: string[]) {
    const head = readStreamHead(raw, stream.endAfterHeaders, limits.headerBytes);
    const visitor = new StreamVisitor(stream, head, socket);
    const runtime = input.runtime();
    const requestId = requestIdOf(head.rawHeaders, evidence, runtime) ?? randomUUID();
    const visit = beginVisit(visitor, evidence, guest, requestId);
    const asked = findRoom(visit, runtime) ?? head.refusal ?? readRequest(head, HTTP2_VERSIONS, limits);
    if ('code' in asked) {
      attendant.turnAway(visit, asked, runtime);
      return;
    }
    const { body } = visitor.side;
    const arrived = body === undefined ? ignore : watchArrival(body, visitor, visit);
    const send: Send = ({ forwarder }, exchange, outcome) => {
      visitor.proceed();
      forwarder.forwardStream(visitor.side, exchange, outcome);
    };
    attendant.attend(visit, asked, runtime, send, arrived);
  }

  /** Breaks a request off whose body does not come in time. Returns what ends the watch. */
  function watchArrival(body: RequestBody, visitor: StreamVisitor, visit: Visit): () => void {
    const late = setTimeout(() => {
      // Both go on beside each other, as gRPC does: from here on the proxy watches that something moves.
      if (visitor.status !== 0) return;
      visit.refusal ??= { code: 'request-timeout', check: 'client' };
      visitor.breakOff();
    }, timeouts.request);
    const arrived = () => clearTimeout(late);
    body.once('end', arrived);
    return arrived;
  }

  /** Until the next request comes; or, behind GOAWAY, until the client closes. */
  function wait(connection: Connection, ms: number): void {
    const { session, socket } = connection;
    connection.idle = setTimeout(
      () => {
        if (session.closed) socket.destroy();
        else end(connection);
      },
      session.closed ? LINGER_MS : ms,
    );
  }

  /** GOAWAY: open streams come to their end, further ones are for another connection (RFC 9113 6.8). */
  function end(connection: Connection): void {
    connection.session.close();
    clearTimeout(connection.idle);
    if (connection.open === 0) wait(connection, LINGER_MS);
  }

  function cutOff({ session, evidence }: Connection, fault: Error): void {
    metrics.connectionRefused('http2');
    log.info({ clientAddress: evidence.remoteAddress, note: fault.message }, 'a connection by HTTP/2 was cut off');
    session.destroy(fault, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  return {
    take(socket, evidence, guest) {
      const session = openSession(socket, limits);
      const connection: Connection = { session, socket, evidence, guest, open: 0, taken: 0, idle: undefined };
      connections.add(connection);
      session.on('stream', (stream, _headers, _flags, raw) => begin(connection, stream, raw));
      session.on('error', (error: NodeJS.ErrnoException) => {
        // Of GOAWAY with an error it was the client that ended it.
        if (error.code?.startsWith('ERR_HTTP2_') && error.code !== 'ERR_HTTP2_SESSION_ERROR') cutOff(connection, error);
      });
      watchControlFrames(session, limits.controlFrames, () => cutOff(connection, new Error('too many control frames')));
      socket.once('close', () => {
        clearTimeout(connection.idle);
        connections.delete(connection);
      });
      wait(connection, timeouts.head);
    },
    drain() {
      draining = performance.now();
    },
    closeQuiet() {
      if (draining === undefined || performance.now() - draining < PATIENCE_MS) return;
      for (const connection of connections) if (!connection.session.closed) end(connection);
    },
    closeOldest(most) {
      let closed = 0;
      for (const connection of connections) {
        if (closed >= most) break;
        if (connection.open > 0 || connection.taken === 0 || connection.session.closed) continue;
        end(connection);
        closed++;
      }
      return closed;
    },
    close() {},
  };
}
