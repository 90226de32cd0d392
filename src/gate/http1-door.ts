// Requests by HTTP/1.1: the HTTP server's own request, upgrade and checkContinue listener, so that nothing reaches a router
// before it was judged, and what comes without evidence is refused (design rule 12).

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Attendant, AttendInput, Send } from './attend.ts';
import { answerClientError, codeOfClientError } from './client-error.ts';
import {
  type Connection,
  type ConnectionLimits,
  createConnection,
  endBehind,
  isBusy,
  isIdle,
  isQuiet,
  takeRequest,
} from './connection.ts';
import { type Door, PATIENCE_MS } from './door.ts';
import { findRoom } from './find-room.ts';
import { requestIdOf } from './forwarding.ts';
import { closeBehind, createHttpServer, responseOn, type ServerLimits, type ServerTimeouts } from './http-server.ts';
import { Http1Visitor } from './http1-visitor.ts';
import { noteBroken } from './note-decision.ts';
import { HTTP1_VERSIONS, type RequestLimits, readRequest } from './read-request.ts';
import { brokenLine } from './request-line.ts';
import { beginVisit } from './visit.ts';

export interface Http1DoorInput extends AttendInput {
  readonly limits: RequestLimits & ConnectionLimits & ServerLimits;
  readonly timeouts: ServerTimeouts;
}

const ignore = () => {};

export function createHttp1Door(input: Http1DoorInput, attendant: Attendant): Door {
  const connections = new Map<Duplex, Connection>();
  let draining = false;

  const server = createHttpServer(input.limits, input.timeouts);
  server.on('request', receive);
  server.on('checkContinue', (request, response) => receive(request, response, () => response.writeContinue()));
  server.on('checkExpectation', (request, response) => receive(request, response));
  server.on('upgrade', receiveDetached);
  // CONNECT has no path to judge: it is refused by its method.
  server.on('connect', receiveDetached);
  server.on('clientError', receiveError);

  function receive(request: IncomingMessage, response: ServerResponse, proceed?: () => void): void {
    visit(request, response, (runtime, exchange, outcome) => {
      proceed?.();
      runtime.forwarder.forward(request, response, exchange, outcome);
    });
  }

  /** An upgrade or CONNECT: Node has let go of the socket, and an answer before it may still own it. */
  function receiveDetached(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const connection = connections.get(socket);
    const response = connection?.waiting === 0 ? responseOn(request, socket) : undefined;
    if (response === undefined) {
      socket.destroy();
      // Nor does Node tell those that wait behind that answer.
      for (const { visitor } of connection?.visits ?? []) visitor.hangUp();
      return;
    }
    visit(request, response, (runtime, exchange, outcome) => {
      response.detachSocket(socket as Socket);
      runtime.forwarder.upgrade(request, socket, head, exchange).then(
        (refusal) => {
          if (refusal !== undefined) response.assignSocket(socket as Socket);
          outcome.settle(refusal);
        },
        (fault: unknown) => {
          socket.destroy();
          outcome.fail(fault);
        },
      );
    });
  }

  function receiveError(error: NodeJS.ErrnoException, socket: Duplex): void {
    const connection = connections.get(socket);
    // Bytes behind a request that said it is the last one: its answer still goes out, and closes.
    if (error.code === 'HPE_CLOSED_CONNECTION' && connection !== undefined && isBusy(connection)) return;
    const code = codeOfClientError(error);
    if (code === undefined || connection === undefined || isBusy(connection) || !socket.writable) {
      if (code !== undefined) for (const each of connection?.visits ?? []) each.refusal ??= { code, check: 'client' };
      // A refusal that is written already still goes out.
      if (connection?.visits.length === 0) closeBehind(socket);
      else socket.destroy();
      return;
    }
    const requestId = randomUUID();
    answerClientError(code, socket, input.runtime().refusal, requestId);
    input.metrics.request({ site: '', rule: '', decision: 'deny', code }, 0);
    const { evidence } = connection;
    if (input.recent !== undefined) noteBroken(input.recent.next(), { evidence, requestId, code }, input.clock());
    input.requestLog?.info(brokenLine(evidence, requestId, code), 'request');
  }

  function visit(request: IncomingMessage, response: ServerResponse, send: Send): void {
    try {
      begin(request, response, send);
    } catch (fault) {
      input.log.error({ err: fault }, 'a request could not be begun');
      request.socket.destroy();
    }
  }

  function begin(request: IncomingMessage, response: ServerResponse, send: Send): void {
    const connection = admit(request);
    if (connection === undefined) return;
    const runtime = input.runtime();
    const { evidence, guest } = connection;
    const requestId = requestIdOf(request.rawHeaders, evidence, runtime) ?? randomUUID();
    const visit = beginVisit(new Http1Visitor(request, response), evidence, guest, requestId);
    // A client that leaves while it is answered is no fault.
    response.on('error', ignore);
    takeRequest(connection, request, response, input.limits);
    // What stands behind an upgrade that is not taken is not surely a request.
    if (draining || request.headers.upgrade !== undefined) endBehind(connection, response);
    const asked = findRoom(visit, runtime) ?? readRequest(request, HTTP1_VERSIONS, input.limits);
    // The parser reads on, and what it makes of the rest must not come before this answer.
    if ('code' in asked) {
      attendant.turnAway(visit, asked, runtime);
      return;
    }
    connection.visits.push(visit);
    attendant.attend(visit, asked, runtime, send, () => {
      connection.visits.splice(connection.visits.indexOf(visit), 1);
    });
  }

  /** The connection of a request that may be judged; undefined where it ends unanswered. */
  function admit(request: IncomingMessage): Connection | undefined {
    const connection = connections.get(request.socket);
    if (request.socket.destroyed) {
      // Or Node breaks it off with an error, whose stack costs more than the request: one packet can hold hundreds.
      request.destroy();
      return undefined;
    }
    // Behind the last answer of a connection there is nobody to answer to; the parser still reads what came with it.
    if (connection?.ended) {
      // Not without end: each costs memory until that answer is out.
      if (++connection.ignored > input.limits.pipelinedRequests) request.socket.destroy();
      return undefined;
    }
    if (connection === undefined || connection.waiting >= input.limits.pipelinedRequests) {
      if (connection !== undefined) input.metrics.connectionRefused('pipelining');
      request.socket.destroy();
      return undefined;
    }
    return connection;
  }

  return {
    take(socket, evidence, guest) {
      connections.set(socket, createConnection(evidence, guest, performance.now()));
      socket.on('close', () => connections.delete(socket));
      server.emit('connection', socket);
    },
    drain() {
      draining = true;
    },
    closeQuiet() {
      const now = performance.now();
      for (const [socket, connection] of connections) {
        if (isQuiet(connection, PATIENCE_MS, now) && !socket.writableEnded) closeBehind(socket);
      }
    },
    closeOldest(most) {
      let closed = 0;
      for (const [socket, connection] of connections) {
        if (closed >= most) break;
        if (!isIdle(connection) || socket.writableEnded) continue;
        closeBehind(socket);
        closed++;
      }
      return closed;
    },
    close() {
      server.close();
    },
  };
}
