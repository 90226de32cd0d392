// The admin address: probes for everybody, the API behind its guard.

import type { AddressInfo } from 'node:net';
import { type FastifyError, type FastifyInstance, type FastifyRequest, fastify } from 'fastify';
import type { Access, Actor } from './access.ts';
import { addProbes, type ProbeSources } from './add-probes.ts';
import { type Actors, addRoutes, sendProblem } from './add-routes.ts';
import { listenOn } from './listen.ts';
import { findForeignPage, findWrongHost, findWrongType } from './own-pages.ts';
import { isProblem, type Problem, problem } from './problems.ts';
import { createRate } from './rate.ts';
import { createRoutes } from './routes.ts';
import type { Sources } from './sources.ts';

export interface AdminInput {
  readonly host: string;
  readonly port: number;
  /** Names that it may be called by, beside addresses and `localhost`; asked for each request. */
  readonly hosts: () => readonly string[];
  readonly access: () => Access;
  readonly probes: ProbeSources;
  /** The public keys of tokens as JSON; undefined where there are none. */
  readonly keySet: () => string | undefined;
  readonly sources: Sources;
}

export interface Admin {
  readonly port: number;
  close(): Promise<void>;
}

/** A chain of certificates as PEM, and some words about it. */
const BODY_BYTES = 64 * 1024;
const HEAD_BYTES = 16 * 1024;
const REQUEST_MS = 10_000;
const IDLE_MS = 75_000;
/** A count of its own: however many clients the gateway has, this address has room. */
const MAX_CONNECTIONS = 128;

/** A dashboard asks once a second or so; a script that goes over all clients some hundred times. */
const LIMIT = { burst: 300, perSecond: 20 };
/**
 * Not against guessing, which 256 bits are enough for, but so that nobody fills the log. Whoever has a token is not kept
 * out by others who have none, even behind one address.
 */
const FAILURE_LIMIT = { burst: 10, perSecond: 0.2 };

/** Listens. Rejects with a StartFault when the address cannot be had. */
export async function createAdmin(input: AdminInput): Promise<Admin> {
  const server = fastify({
    logger: false,
    forceCloseConnections: true,
    bodyLimit: BODY_BYTES,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: IDLE_MS,
    http: { maxHeaderSize: HEAD_BYTES, headersTimeout: REQUEST_MS },
    routerOptions: { maxParamLength: 1024 },
  });
  server.server.maxConnections = MAX_CONNECTIONS;
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
  await server.register(async (api) => addApi(api, input), { prefix: '/api/v1' });
  await listenOn(server, input, 'the admin API');
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => server.close(),
  };
}

function addApi(api: FastifyInstance, input: AdminInput): void {
  const actors: Actors = new WeakMap();
  const rate = createRate(LIMIT);
  const failures = createRate(FAILURE_LIMIT);

  function admit(request: FastifyRequest): Actor | Problem {
    const access = input.access();
    if (!access.isOpen) {
      return problem('api-off', 'Nobody may use it. Make a token by: portcullis admin token create --role viewer');
    }
    const now = performance.now();
    const actor = findActor(request, access);
    if (actor === undefined && !failures.take(request.ip, now)) return problem('too-many-requests', 'Try again later.');
    if (actor === undefined) return problem('token-required', 'Send a token: authorization: Bearer TOKEN.');
    if (!rate.take(actor.name, now)) return problem('too-many-requests', 'Try again later.');
    return actor;
  }

  api.addHook('onRequest', async (request, reply) => {
    const outcome = findForeignPage(request) ?? findWrongType(request) ?? admit(request);
    if (isProblem(outcome)) return sendProblem(reply, outcome);
    actors.set(request, outcome);
  });
  api.addHook('onResponse', (request, reply, done) => {
    // Of a stream that is how it ended.
    input.probes.metrics.adminRequest(request.routeOptions.url ?? '', reply.statusCode);
    done();
  });
  addRoutes(api, createRoutes(input.sources), actors, input.sources);
  // So that nobody learns without a token which routes there are.
  api.setNotFoundHandler((_, reply) => sendProblem(reply, problem('not-found', 'The API has no such route.')));
}

/** RFC 6750 2.1. In the head only: addresses stand in logs. */
function findActor({ headers }: FastifyRequest, access: Access): Actor | undefined {
  const token = /^Bearer +([A-Za-z0-9._~+/-]{1,512}=*)$/i.exec(headers.authorization ?? '')?.[1];
  return token === undefined ? undefined : access.ofToken(token);
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
