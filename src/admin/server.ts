// The admin address: probes for everybody, the API behind its guard.

import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type FastifyError, type FastifyInstance, type FastifyRequest, fastify } from 'fastify';
import type { AdminLimits } from '../config/options/admin.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Access } from './access.ts';
import { addProbes, type ProbeSources } from './add-probes.ts';
import { type Actors, addRoutes, sendProblem } from './add-routes.ts';
import { type AdmitInput, createDoorkeeper, endConnection } from './admit.ts';
import { listenOn } from './listen.ts';
import { findForeignPage, findWrongHost, findWrongType } from './own-pages.ts';
import { isProblem, problem } from './problems.ts';
import { createRoutes } from './routes.ts';
import type { Sources } from './sources.ts';

export interface AdminInput {
  readonly limits: AdminLimits;
  /** Names that it may be called by, beside addresses and `localhost`; asked for each request. */
  readonly hosts: () => readonly string[];
  readonly access: () => Access;
  readonly probes: ProbeSources;
  /** The public keys of tokens as JSON; undefined where there are none. */
  readonly keySet: () => string | undefined;
  readonly sources: Sources;
}

export interface Admin {
  /** By plain HTTP; gives the port. Rejects with a StartFault when the address cannot be had. */
  listen(address: { readonly host: string; readonly port: number }): Promise<number>;
  /** Takes a connection of TLS whose handshake is over. */
  accept(socket: TLSSocket, evidence: Evidence): void;
  close(): Promise<void>;
}

/** A chain of certificates as PEM, and some words about it. */
const BODY_BYTES = 64 * 1024;
const HEAD_BYTES = 16 * 1024;
const REQUEST_MS = 10_000;
const IDLE_MS = 75_000;

/** How soon time limits are noticed; Node's own 30 s would make one of 10 s one of 40 s. */
const LIMIT_CHECK_INTERVAL_MS = 1000;

/** Listens nowhere yet. */
export async function createAdmin(input: AdminInput): Promise<Admin> {
  const server = fastify({
    logger: false,
    forceCloseConnections: true,
    bodyLimit: BODY_BYTES,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: IDLE_MS,
    http: {
      maxHeaderSize: HEAD_BYTES,
      headersTimeout: REQUEST_MS,
      connectionsCheckingInterval: LIMIT_CHECK_INTERVAL_MS,
    },
    routerOptions: { maxParamLength: 1024 },
  });
  server.server.maxConnections = input.limits.connections;
  const evidences = new WeakMap<Socket, Evidence>();
  const accepted = new Set<TLSSocket>();
  server.removeContentTypeParser('text/plain');
  server.addHook('onRequest', (request, reply, done) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    const found = findWrongHost(request, input.hosts());
    if (found === undefined) done();
    else sendProblem(reply, found);
  });
  setFaults(server, input.sources);
  addProbes(server, input.probes);
  server.get('/.well-known/jwks.json', (_, reply) => {
    const keySet = input.keySet();
    if (keySet === undefined) return sendProblem(reply, problem('not-found', 'There are no keys of tokens.'));
    // RFC 7517 8.5.2.
    return reply.type('application/jwk-set+json').send(keySet);
  });
  const evidenceOf = ({ raw }: FastifyRequest) => evidences.get(raw.socket);
  await server.register(async (api) => addApi(api, input, evidenceOf), { prefix: '/api/v1' });
  await server.ready();
  return {
    async listen(address) {
      await listenOn(server, address, 'the admin API');
      return (server.server.address() as AddressInfo).port;
    },
    accept(socket, evidence) {
      // The checks of time limits begin with this event, which a server that does not listen never emits by itself.
      if (accepted.size === 0) server.server.emit('listening');
      accepted.add(socket);
      socket.once('close', () => accepted.delete(socket));
      evidences.set(socket, evidence);
      server.server.emit('connection', socket);
    },
    async close() {
      await server.close();
      server.server.close();
      for (const socket of accepted) socket.destroy();
    },
  };
}

function addApi(api: FastifyInstance, input: AdminInput, evidenceOf: AdmitInput['evidenceOf']): void {
  const actors: Actors = new WeakMap();
  const doorkeeper = createDoorkeeper({ ...input, evidenceOf, clock: input.sources.clock });

  api.addHook('onRequest', async (request, reply) => {
    const outcome = findForeignPage(request) ?? findWrongType(request) ?? (await doorkeeper.admit(request));
    if (isProblem(outcome)) {
      endConnection(reply, outcome);
      return sendProblem(reply, outcome);
    }
    actors.set(request, outcome);
  });
  api.addHook('onResponse', (request, reply, done) => {
    // Of a stream that is how it ended.
    input.probes.metrics.adminRequest(request.routeOptions.url ?? '', reply.statusCode);
    done();
  });
  const { log } = input.sources;
  addRoutes(api, createRoutes(input.sources), actors, { log, stillAdmits: doorkeeper.stillAdmits });
  // So that nobody learns without a token which routes there are.
  api.setNotFoundHandler((_, reply) => sendProblem(reply, problem('not-found', 'The API has no such route.')));
}

/** What Fastify itself refuses, and what is our fault. */
function setFaults(server: FastifyInstance, { log }: Pick<Sources, 'log'>): void {
  server.setNotFoundHandler((_, reply) => sendProblem(reply, problem('not-found', 'Nothing is served here.')));
  server.setErrorHandler<FastifyError>((error, request, reply) => {
    const { statusCode = 500 } = error;
    if (statusCode === 413) return sendProblem(reply, problem('too-large', `At most ${BODY_BYTES} bytes are read.`));
    if (statusCode === 415) return sendProblem(reply, problem('media-type', 'Send application/json.'));
    if (statusCode >= 400 && statusCode < 500) return sendProblem(reply, problem('invalid', error.message));
    log.error({ err: error, method: request.method, route: request.routeOptions.url }, 'the admin API failed');
    return sendProblem(reply, problem('internal', 'The log of the gateway tells more.'));
  });
}
