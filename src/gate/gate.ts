// The gate: the HTTP server's own request, upgrade and checkContinue listener. Nothing reaches a router, an upstream or
// Fastify before it was judged here, and what comes without evidence is refused (design rule 12).

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Metrics } from '../metrics/metrics.ts';
import type { Clock } from '../model/clock.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Exchange } from '../model/exchange.ts';
import type { Log } from '../model/log.ts';
import type { Refusal } from '../model/reasons.ts';
import { answerRefusal } from './answer-refusal.ts';
import { answerClientError, codeOfClientError } from './client-error.ts';
import {
  type Connection,
  type ConnectionLimits,
  createConnection,
  endBehind,
  isBusy,
  takeRequest,
} from './connection.ts';
import { requestIdOf } from './forwarding.ts';
import { admit } from './front-door.ts';
import { createHttpServer, responseOn, type ServerLimits, type ServerTimeouts } from './http-server.ts';
import { answerKeySet, findKeySet } from './key-set.ts';
import { accountOf, createOpenExchanges } from './open-exchanges.ts';
import { type Passage, passRequest } from './pass.ts';
import { type RequestLimits, readRequest } from './read-request.ts';
import type { GateRuntime } from './runtime.ts';
import { beginVisit, brokenLine, decisionOf, type Visit, visitLine } from './visit.ts';

export interface GateLimits extends RequestLimits, ConnectionLimits, ServerLimits {}

export interface GateInput {
  /** The snapshot in force; asked once for each request. */
  readonly runtime: () => GateRuntime;
  readonly limits: GateLimits;
  readonly timeouts: ServerTimeouts;
  readonly log: Log;
  /** Gets one line for each request; undefined where they are not wanted. */
  readonly requestLog: Log | undefined;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

export interface Gate {
  /** Takes a connection whose handshake is over. */
  accept(socket: TLSSocket, evidence: Evidence): void;
  /** Judges all open exchanges again that may have changed; to be called after every reload. */
  rejudge(): Promise<void>;
  /** No further requests on open connections; resolves when the last of them is closed. */
  drain(): Promise<void>;
  /** Breaks off what is left. */
  close(): void;
}

/** Sends an allowed request on its way. */
type Send = (runtime: GateRuntime, exchange: Exchange) => Promise<Refusal | undefined>;

/** How often open streams are held against the clock: well within the second that design rule 4 grants. */
const TURN_MS = 250;

export function createGate(input: GateInput): Gate {
  const connections = new Map<Duplex, Connection>();
  const open = createOpenExchanges();
  let drained: (() => void) | undefined;

  const server = createHttpServer(input.limits, input.timeouts);
  server.on('request', receive);
  server.on('checkContinue', (request, response) => receive(request, response, () => response.writeContinue()));
  server.on('checkExpectation', (request, response) => receive(request, response));
  server.on('upgrade', receiveDetached);
  // CONNECT has no path to judge: it is refused by its method.
  server.on('connect', receiveDetached);
  server.on('clientError', receiveError);

  const turns = setInterval(() => {
    void open.rejudge(input.runtime(), input.clock());
    if (drained !== undefined) closeIdle();
  }, TURN_MS);
  turns.unref();

  function receive(request: IncomingMessage, response: ServerResponse, proceed?: () => void): void {
    visit(request, response, (runtime, exchange) => {
      proceed?.();
      return runtime.forwarder.forward(request, response, exchange);
    });
  }

  /** An upgrade or CONNECT: Node has let go of the socket, and an answer before it may still own it. */
  function receiveDetached(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const waiting = connections.get(socket)?.waiting ?? 1;
    const response = waiting === 0 ? responseOn(request, socket) : undefined;
    if (response === undefined) {
      socket.destroy();
      return;
    }
    visit(request, response, async (runtime, exchange) => {
      response.detachSocket(socket as Socket);
      try {
        const refusal = await runtime.forwarder.upgrade(request, socket, head, exchange);
        if (refusal !== undefined) response.assignSocket(socket as Socket);
        return refusal;
      } catch (fault) {
        socket.destroy();
        throw fault;
      }
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
      if (connection?.visits.size === 0) socket.end(() => socket.destroy());
      else socket.destroy();
      return;
    }
    const requestId = randomUUID();
    answerClientError(code, socket, input.runtime().refusal, requestId);
    input.metrics.request({ site: '', decision: 'deny', code }, 0);
    input.requestLog?.info(brokenLine(connection.evidence, requestId, code), 'request');
  }

  function visit(request: IncomingMessage, response: ServerResponse, send: Send): void {
    beginAndJudge(request, response, send).catch((fault: unknown) => {
      input.log.error({ err: fault }, 'a request could not be brought to its end');
      request.socket.destroy();
    });
  }

  /** One request, from its head to its log line: a fault of ours refuses with 500. */
  async function beginAndJudge(request: IncomingMessage, response: ServerResponse, send: Send): Promise<void> {
    const connection = connections.get(request.socket);
    if (request.socket.destroyed) {
      // Or Node breaks it off with an error, whose stack costs more than the request: one packet can hold hundreds.
      request.destroy();
      return;
    }
    // Behind the last answer of a connection there is nobody to answer to; the parser still reads what came with it.
    if (connection?.ended) {
      // Not without end: each costs memory until that answer is out.
      if (++connection.ignored > input.limits.pipelinedRequests) request.socket.destroy();
      return;
    }
    if (connection === undefined || connection.waiting >= input.limits.pipelinedRequests) {
      if (connection !== undefined) input.metrics.connectionRefused('pipelining');
      request.socket.destroy();
      return;
    }
    const { evidence } = connection;
    const runtime = input.runtime();
    const requestId = requestIdOf(request.rawHeaders, evidence, runtime) ?? randomUUID();
    const visit = beginVisit(request, response, evidence, requestId);
    // A client that leaves while it is answered is no fault.
    response.on('error', () => {});
    takeRequest(connection, request, response, input.limits);
    // What stands behind an upgrade that is not taken is not surely a request.
    if (drained !== undefined || request.headers.upgrade !== undefined) endBehind(connection, response);
    const asked = readRequest(request, input.limits);
    if ('code' in asked) {
      // At once: the parser reads on, and what it makes of the rest must not come before this answer.
      refuse(visit, asked, runtime);
      conclude(visit);
      return;
    }
    connection.visits.add(visit);
    const release = runtime.hold();
    try {
      const keySet = findKeySet(request.method ?? '', asked, evidence, runtime);
      if (keySet !== undefined) return answerKeySet(visit, keySet);
      const passage = await passRequest(visit, asked, runtime, input);
      const refusal = 'code' in passage ? passage : await sendOpen(visit, passage, runtime, send);
      if (refusal !== undefined) refuse(visit, refusal, runtime);
    } catch (fault) {
      input.log.error({ requestId, err: fault }, 'a request could not be judged');
      refuse(visit, { code: 'internal' }, runtime);
    } finally {
      release();
      connection.visits.delete(visit);
      conclude(visit);
    }
  }

  function refuse(visit: Visit, refusal: Refusal, runtime: GateRuntime): void {
    visit.refusal ??= refusal;
    answerRefusal(visit, runtime);
  }

  /** Sends while the exchange is among those that are judged again. */
  async function sendOpen(
    visit: Visit,
    passage: Passage,
    runtime: GateRuntime,
    send: Send,
  ): Promise<Refusal | undefined> {
    const { requestId, evidence } = visit;
    const { asked, judged, exchange } = passage;
    visit.exchange = exchange;
    const forget = open.add({
      evidence,
      asked,
      account: accountOf(judged),
      generation: runtime.generation,
      validUntil: judged.validUntil,
      close(refusal) {
        visit.refusal = refusal;
        input.metrics.streamClosed(refusal.code);
        const fields = { requestId, code: refusal.code, check: refusal.check };
        input.log.warn(fields, 'an open stream was closed because it would no longer be allowed');
        if (exchange.abort === undefined) visit.request.socket.destroy();
        else exchange.abort();
      },
    });
    try {
      return await send(runtime, exchange);
    } finally {
      forget();
    }
  }

  function conclude(visit: Visit): void {
    const ms = performance.now() - visit.startedAt;
    const { exchange } = visit;
    const site = visit.read?.site.name ?? '';
    input.metrics.request({ site, decision: decisionOf(visit), code: visit.refusal?.code ?? '' }, ms / 1000);
    if (exchange?.upstreamMs !== undefined) input.metrics.upstreamAnswer(exchange.upstream, exchange.upstreamMs / 1000);
    input.requestLog?.info(visitLine(visit, ms, input.clock()), 'request');
  }

  /** Connections without a request; those with one close behind their answer. */
  function closeIdle(): void {
    server.closeIdleConnections();
    if (connections.size === 0) drained?.();
  }

  return {
    accept(socket, evidence) {
      connections.set(socket, createConnection(evidence));
      socket.once('close', () => {
        connections.delete(socket);
        if (connections.size === 0) drained?.();
      });
      void admit(evidence, input).then((admitted) => {
        if (admitted && drained === undefined) server.emit('connection', socket);
        else socket.destroy();
      });
    },
    rejudge: () => open.rejudge(input.runtime(), input.clock()),
    drain() {
      return new Promise((resolve) => {
        drained = resolve;
        // Also those that have not sent anything yet, which Node does not take for idle.
        for (const [socket, { waiting }] of connections) if (waiting === 0) socket.end(() => socket.destroy());
        closeIdle();
      });
    },
    close() {
      clearInterval(turns);
      for (const socket of connections.keys()) socket.destroy();
      server.close();
    },
  };
}
