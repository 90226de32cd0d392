// The gate: the HTTP server's own request, upgrade and checkContinue listener. Nothing reaches a router, an upstream or
// Fastify before it was judged here, and what comes without evidence is refused (design rule 12).

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Judged } from '../decision/decide.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { CertificateFacts } from '../model/certificate.ts';
import type { Clock } from '../model/clock.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Exchange } from '../model/exchange.ts';
import type { Log } from '../model/log.ts';
import type { Refusal } from '../model/reasons.ts';
import { parseCertificate } from '../x509/certificate.ts';
import { Malformed } from '../x509/malformed.ts';
import { answerClientError } from './client-error.ts';
import { createExchange, requestIdOf } from './forwarding.ts';
import { admit } from './front-door.ts';
import { createOpenExchanges } from './open-exchanges.ts';
import { isOriginAllowed } from './origin.ts';
import { isWebSocketHandshake, type RequestLimits, readRequest } from './read-request.ts';
import { refusalAnswer } from './refusal-answer.ts';
import type { GateRuntime } from './runtime.ts';
import { type Visit, visitLine } from './visit.ts';

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
  /** No further requests on open connections; resolves when the last exchange is over. */
  drain(): Promise<void>;
  /** Breaks off what is left. */
  close(): void;
}

/** How often open streams are held against the clock: well within the second that design rule 4 grants. */
const REJUDGE_INTERVAL_MS = 250;
/** How much of a refused request's body is read, so that its client sees the answer and not a reset. */
const DISCARDED_BODY_BYTES = 1024 * 1024;
/** How soon time limits are noticed; Node's own 30 s would make a 10 s limit one of 40 s. */
const LIMIT_CHECK_INTERVAL_MS = 1000;

export function createGate(input: GateInput): Gate {
  const connections = new WeakMap<Duplex, Evidence>();
  const sockets = new Set<TLSSocket>();
  const busy = new WeakMap<Duplex, number>();
  const open = createOpenExchanges();
  const leaves = new WeakMap<Evidence, CertificateFacts>();
  let draining: (() => void) | undefined;

  const server = createHttpServer(input);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => void visitPlainly(request, response));
  server.on(
    'checkContinue',
    (request, response) => void visitPlainly(request, response, () => response.writeContinue()),
  );
  server.on('checkExpectation', (request, response) => void visitPlainly(request, response));
  server.on(
    'upgrade',
    (request: IncomingMessage, socket: Duplex, head: Buffer) => void visitUpgrading(request, socket, head),
  );
  server.on('connect', (request: IncomingMessage, socket: Duplex) => void visitConnect(request, socket));
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const answerable = connections.has(socket) && (busy.get(socket) ?? 0) === 0;
    const code = answerClientError(error, socket, answerable, input.runtime().refusal, randomUUID());
    if (code !== undefined) input.metrics.request({ site: '', decision: 'deny', code }, 0);
  });

  const timer = setInterval(() => void open.rejudge(input.runtime(), input.clock()), REJUDGE_INTERVAL_MS);
  timer.unref();

  async function visitPlainly(request: IncomingMessage, response: ServerResponse, proceed?: () => void): Promise<void> {
    await visit(request, response, (runtime, exchange) => {
      proceed?.();
      return runtime.forwarder.forward(request, response, exchange);
    });
  }

  async function visitUpgrading(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const response = responseOn(request, socket);
    await visit(request, response, (runtime, exchange) => {
      response.detachSocket(socket as Socket);
      const outcome = runtime.forwarder.upgrade(request, socket, head, exchange);
      return outcome.then((refusal) => {
        if (refusal !== undefined) response.assignSocket(socket as Socket);
        return refusal;
      });
    });
  }

  /** CONNECT has no path to judge: `readRequest` refuses it by its method. */
  async function visitConnect(request: IncomingMessage, socket: Duplex): Promise<void> {
    await visit(request, responseOn(request, socket), () => Promise.reject(new Error('CONNECT was not refused')));
  }

  /** One request, from its head to its log line. Nothing escapes: a fault of ours refuses with 500. */
  async function visit(
    request: IncomingMessage,
    response: ServerResponse,
    send: (runtime: GateRuntime, exchange: Exchange) => Promise<Refusal | undefined>,
  ): Promise<void> {
    const evidence = connections.get(request.socket);
    if (evidence === undefined) {
      request.socket.destroy();
      return;
    }
    const runtime = input.runtime();
    const requestId = requestIdOf(request.rawHeaders, evidence, runtime) ?? randomUUID();
    const visit: Visit = { requestId, request, response, evidence, startedAt: performance.now() };
    // A client that leaves while we answer is no fault.
    response.on('error', () => {});
    busy.set(request.socket, (busy.get(request.socket) ?? 0) + 1);
    if (draining !== undefined) response.shouldKeepAlive = false;
    const release = runtime.hold();
    try {
      const refusal = await pass(visit, runtime, send);
      if (refusal !== undefined) {
        visit.refusal = refusal;
        await writeRefusal(visit, runtime);
      }
    } catch (fault) {
      input.log.error({ requestId, err: fault }, 'a request could not be judged');
      visit.refusal = { code: 'internal' };
      await writeRefusal(visit, runtime);
    } finally {
      release();
      busy.set(request.socket, (busy.get(request.socket) ?? 1) - 1);
      conclude(visit);
    }
  }

  /** Reads, judges, opens and sends. A refusal comes back while the client has seen nothing yet. */
  async function pass(
    visit: Visit,
    runtime: GateRuntime,
    send: (runtime: GateRuntime, exchange: Exchange) => Promise<Refusal | undefined>,
  ): Promise<Refusal | undefined> {
    const { request, evidence } = visit;
    const { policy, defaultHosts } = runtime;
    const read = readRequest(request, { evidence, policy, defaultHosts, limits: input.limits });
    if ('code' in read) return read;
    visit.read = read;

    const decided = runtime.decider.decide(evidence, read.rules, input.clock());
    const judged = decided instanceof Promise ? await decided : decided;
    visit.judged = judged;
    count(judged);
    const { decision, rule } = judged;
    if (!decision.allow) return decision.refusal;
    if (rule.upstream === undefined) return { code: 'not-found', check: 'upstream', note: 'the rule has no upstream' };
    if (isWebSocketHandshake(request) && !isOriginAllowed(request.rawHeaders, read.target, read.site)) {
      return { code: 'origin-refused', check: 'origin', note: 'Origin is neither absent nor the site’s own' };
    }

    const exchange = createExchange(
      {
        requestId: visit.requestId,
        method: request.method ?? '',
        raw: request.rawHeaders,
        evidence,
        target: read.target,
        upstream: rule.upstream,
        identity: decision.identity,
        unverified: decision.unverified,
        maxBodyBytes: input.limits.bodyBytes,
      },
      runtime,
    );
    if ('code' in exchange) return exchange;
    visit.exchange = exchange;
    return sendOpen(visit, exchange, judged, runtime, send);
  }

  /** Sends while the exchange is in the list of those that are judged again. */
  async function sendOpen(
    visit: Visit,
    exchange: Exchange,
    judged: Judged,
    runtime: GateRuntime,
    send: (runtime: GateRuntime, exchange: Exchange) => Promise<Refusal | undefined>,
  ): Promise<Refusal | undefined> {
    const { evidence, read } = visit;
    if (read === undefined) throw new Error('sent before it was read');
    const forget = open.add({
      evidence,
      read,
      generation: runtime.generation,
      validUntil: judged.validUntil,
      close: (refusal) => {
        visit.refusal = refusal;
        input.metrics.streamClosed(refusal.code);
        const fields = { requestId: visit.requestId, code: refusal.code, check: refusal.check };
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

  /** The answer to a refused request, or the end of its connection. */
  async function writeRefusal(visit: Visit, runtime: GateRuntime): Promise<void> {
    const { request, response, refusal, evidence } = visit;
    const { socket } = request;
    const byCertificate = visit.judged?.decision.allow === false;
    const silently = byCertificate && visit.judged?.rule.onRefusal !== 'respond';
    if (refusal === undefined || response.headersSent || silently || socket.destroyed) {
      socket.destroy();
      return;
    }
    const answer = refusalAnswer(refusal, visit.requestId, request.headers.accept, runtime.refusal);
    // An older trust store may have been why; the next handshake is judged by today's.
    const outdated =
      refusal.check === 'gate-1' && evidence.trustGeneration !== runtime.trustGenerationOf(evidence.serverName);
    if (outdated) response.shouldKeepAlive = false;
    discardBody(request);
    response.writeHead(answer.status, answer.headers.flat());
    await new Promise<void>((resolve) => {
      response.once('close', resolve);
      response.end(request.method === 'HEAD' ? undefined : answer.body, () => resolve());
    });
  }

  /** Counts, logs, and lets the drain go on. */
  function conclude(visit: Visit): void {
    const ms = performance.now() - visit.startedAt;
    const site = visit.read?.site.name ?? '';
    const decision = visit.judged?.decision.allow ? 'allow' : 'deny';
    input.metrics.request({ site, decision, code: visit.refusal?.code ?? '' }, ms / 1000);
    if (visit.exchange?.upstreamMs !== undefined) {
      input.metrics.upstreamAnswer(visit.exchange.upstream, visit.exchange.upstreamMs / 1000);
    }
    const readsCertificate = visit.judged !== undefined && visit.judged.rule.mode !== 'ignore';
    const leaf = readsCertificate ? leafOf(visit.evidence) : undefined;
    input.requestLog?.info(visitLine(visit, ms, leaf, input.clock()), 'request');
    if (open.size === 0) draining?.();
  }

  function count(judged: Judged): void {
    if (judged.verdictFrom !== undefined && judged.verdict !== undefined) {
      input.metrics.verdict(judged.verdictFrom, judged.verdict.valid ? 'valid' : 'refused');
    }
    if (judged.reported !== undefined) {
      input.metrics.reported({ rule: judged.rule.id, code: judged.reported.allow ? '' : judged.reported.refusal.code });
    }
  }

  /** What was presented, verified or not: for the log, read once per connection. */
  function leafOf(evidence: Evidence): CertificateFacts | undefined {
    const known = leaves.get(evidence);
    if (known !== undefined || evidence.leaf === undefined) return known;
    try {
      const facts = parseCertificate(evidence.leaf);
      leaves.set(evidence, facts);
      return facts;
    } catch (error) {
      if (error instanceof Malformed) return undefined;
      throw error;
    }
  }

  return {
    accept(socket, evidence) {
      connections.set(socket, evidence);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      void admit(evidence, input).then((admitted) => {
        if (admitted && draining === undefined) server.emit('connection', socket);
        else socket.destroy();
      });
    },
    rejudge: () => open.rejudge(input.runtime(), input.clock()),
    drain() {
      return new Promise((resolve) => {
        draining = resolve;
        server.closeIdleConnections();
        if (open.size === 0) resolve();
      });
    },
    close() {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
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

/** Lets a refused client finish a small body; a large one is cut off. */
function discardBody(request: IncomingMessage): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DISCARDED_BODY_BYTES) request.socket.destroy();
  });
}
