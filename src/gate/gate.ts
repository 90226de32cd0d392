// The gate: the HTTP server's own request, upgrade and checkContinue listener. Nothing reaches a router, an upstream or
// Fastify before it was judged here, and what comes without evidence is refused (design rule 12).

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
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
import { answerClientError } from './client-error.ts';
import { requestIdOf } from './forwarding.ts';
import { admit } from './front-door.ts';
import { createOpenExchanges } from './open-exchanges.ts';
import { passRequest } from './pass.ts';
import { isWebSocketHandshake, type RequestLimits } from './read-request.ts';
import type { GateRuntime } from './runtime.ts';
import { beginVisit, decisionOf, type Visit, visitLine } from './visit.ts';

export interface GateLimits extends RequestLimits {
  readonly headerBytes: number;
  readonly requestsPerConnection: number;
}

export interface GateTimeouts {
  /** All in ms. */
  readonly head: number;
  readonly request: number;
  readonly idle: number;
}

export interface GateInput {
  /** The snapshot in force; asked once for each request. */
  readonly runtime: () => GateRuntime;
  readonly limits: GateLimits;
  readonly timeouts: GateTimeouts;
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
/** How soon time limits are noticed; Node's own 30 s would make a 10 s limit one of 40 s. */
const LIMIT_CHECK_INTERVAL_MS = 1000;

export function createGate(input: GateInput): Gate {
  const connections = new Map<Duplex, { readonly evidence: Evidence; visits: number }>();
  const open = createOpenExchanges();
  let drained: (() => void) | undefined;

  const server = createHttpServer(input);
  server.on('request', receive);
  server.on('checkContinue', (request, response) => receive(request, response, () => response.writeContinue()));
  server.on('checkExpectation', (request, response) => receive(request, response));
  server.on('upgrade', receiveUpgrade);
  // CONNECT has no path to judge: it is refused by its method.
  server.on('connect', (request: IncomingMessage, socket: Duplex) => receive(request, responseOn(request, socket)));
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const answerable = connections.get(socket)?.visits === 0;
    const code = answerClientError(error, socket, answerable, input.runtime().refusal, randomUUID());
    if (code !== undefined) input.metrics.request({ site: '', decision: 'deny', code }, 0);
  });

  const turns = setInterval(() => {
    void open.rejudge(input.runtime(), input.clock());
    if (drained !== undefined) closeIdle();
  }, TURN_MS);
  turns.unref();

  function receive(request: IncomingMessage, response: ServerResponse, proceed?: () => void): void {
    void visit(request, response, (runtime, exchange) => {
      proceed?.();
      return runtime.forwarder.forward(request, response, exchange);
    });
  }

  function receiveUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const response = responseOn(request, socket);
    void visit(request, response, async (runtime, exchange) => {
      response.detachSocket(socket as Socket);
      const refusal = await runtime.forwarder.upgrade(request, socket, head, exchange);
      if (refusal !== undefined) response.assignSocket(socket as Socket);
      return refusal;
    });
  }

  /** One request, from its head to its log line. Nothing escapes: a fault of ours refuses with 500. */
  async function visit(request: IncomingMessage, response: ServerResponse, send: Send): Promise<void> {
    const connection = connections.get(request.socket);
    if (connection === undefined) {
      request.socket.destroy();
      return;
    }
    const { evidence } = connection;
    const runtime = input.runtime();
    const requestId = requestIdOf(request.rawHeaders, evidence, runtime) ?? randomUUID();
    const visit = beginVisit(request, response, evidence, requestId);
    // A client that leaves while it is answered is no fault.
    response.on('error', () => {});
    if (drained !== undefined) response.shouldKeepAlive = false;
    connection.visits++;
    const release = runtime.hold();
    try {
      const passed = await passRequest(visit, runtime, input);
      const refusal = 'code' in passed ? passed : await sendOpen(visit, passed, runtime, send);
      if (refusal !== undefined) refuse(visit, refusal, runtime);
    } catch (fault) {
      input.log.error({ requestId, err: fault }, 'a request could not be judged');
      refuse(visit, { code: 'internal' }, runtime);
    } finally {
      release();
      connection.visits--;
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
    exchange: Exchange,
    runtime: GateRuntime,
    send: Send,
  ): Promise<Refusal | undefined> {
    const { evidence, read, judged, requestId } = visit;
    if (read === undefined || judged === undefined) throw new Error('sent before it was judged');
    visit.exchange = exchange;
    const forget = open.add({
      evidence,
      read,
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
      connections.set(socket, { evidence, visits: 0 });
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
        for (const [socket, { visits }] of connections) if (visits === 0) socket.end(() => socket.destroy());
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

/** An HTTP server that never listens: connections come from the listener, when their handshake is over. */
function createHttpServer({ limits, timeouts }: GateInput): Server {
  const server = createServer({
    insecureHTTPParser: false,
    maxHeaderSize: limits.headerBytes,
    headersTimeout: timeouts.head,
    requestTimeout: timeouts.request,
    keepAliveTimeout: timeouts.idle,
    connectionsCheckingInterval: LIMIT_CHECK_INTERVAL_MS,
    // What fails to be a WebSocket handshake is judged as a request, so that no body is taken for a tunnel.
    shouldUpgradeCallback: isWebSocketHandshake,
  });
  server.maxRequestsPerSocket = limits.requestsPerConnection;
  // Node would drop fields beyond its limit without a word, Content-Length among them; `readRequest` counts and refuses.
  server.maxHeadersCount = 0;
  // The checks of time limits begin with this event, which a server that does not listen never emits by itself.
  server.emit('listening');
  return server;
}

/** A response for a socket that Node has detached from its parser. */
function responseOn(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  response.on('finish', () => socket.end());
  return response;
}
