// The routes of the API on a server: each behind its role, with its schemas before and behind it.

import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { z } from 'zod';
import { toPrintable } from '../model/text.ts';
import type { Actor } from './access.ts';
import { mayAct } from './access.ts';
import { isProblem, PROBLEMS, type Problem, problem, problemBody } from './problems.ts';
import type { AnyRoute, Asked, Route, StreamRoute } from './route.ts';
import type { Sources } from './sources.ts';

/** Whoever was let in, by their request. */
export type Actors = WeakMap<FastifyRequest, Actor>;

interface Deps extends Pick<Sources, 'log'> {
  /** Whether whoever was let in would be let in again. */
  readonly stillAdmits: (request: FastifyRequest, actor: Actor) => Promise<boolean>;
}

export function addRoutes(server: FastifyInstance, routes: readonly AnyRoute[], actors: Actors, deps: Deps): void {
  server.setValidatorCompiler<z.ZodType>(({ schema }) => (data) => {
    const parsed = schema.safeParse(data);
    return parsed.success ? { value: parsed.data } : { error: new Error(describe(parsed.error)) };
  });
  server.setSerializerCompiler<z.ZodType>(
    ({ schema }) =>
      (data) =>
        JSON.stringify(schema.parse(data)),
  );
  for (const route of routes) {
    if ('open' in route) addStream(server, route, actors, deps);
    else addRoute(server, route, actors, deps);
  }
}

function addRoute(server: FastifyInstance, route: Route, actors: Actors, { log, stillAdmits }: Deps): void {
  const { params, query, body, answer, status = 200 } = route;
  server.route({
    method: route.method,
    url: pathFor(route),
    schema: {
      params: params ?? NOTHING,
      querystring: query ?? NOTHING,
      ...(route.method !== 'GET' && { body: body ?? NOTHING }),
      response: { [status]: answer },
    },
    onRequest: roleGuard(route, actors),
    async handler(request, reply) {
      const asked = readAsked(request, actors);
      // Its body may have come long after its head, by which they were let in.
      if (route.method !== 'GET' && !(await stillAdmits(request, asked.actor))) {
        return sendProblem(reply, problem('role-required', 'What has let you in does not count any more.'));
      }
      const outcome = await route.handle(asked);
      if (route.role === 'operator') log.info(auditLine(route, asked, outcome), 'a change by the admin API');
      if (isProblem(outcome)) return sendProblem(reply, outcome);
      return reply.code(status).send(outcome);
    },
  });
}

function addStream(server: FastifyInstance, route: StreamRoute, actors: Actors, { stillAdmits }: Deps): void {
  server.route({
    method: 'GET',
    url: pathFor(route),
    schema: { params: NOTHING, querystring: route.query },
    onRequest: roleGuard(route, actors),
    // Of an answer that has no end there is no head before it.
    exposeHeadRoute: false,
    handler(request, reply) {
      const last = Number.parseInt(String(request.headers['last-event-id'] ?? ''), 10);
      const asked = readAsked(request, actors);
      const found = route.open(asked, {
        response: reply.raw,
        lastEventId: Number.isSafeInteger(last) ? last : undefined,
        isAllowed: () => stillAdmits(request, asked.actor),
      });
      if (found === undefined) reply.hijack();
      else sendProblem(reply, found);
    },
  });
}

const NOTHING = z.strictObject({});

function pathFor({ path }: AnyRoute): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function roleGuard({ role }: AnyRoute, actors: Actors): onRequestHookHandler {
  return (request, reply, done) => {
    const actor = actors.get(request);
    if (actor !== undefined && mayAct(actor, role)) done();
    else sendProblem(reply, problem('role-required', `It needs the role ${role}.`));
  };
}

/** Who, what, why and what came of it: also for what the audit of the directory has no place for. */
function auditLine({ method, path }: Route, { actor, params, body }: Asked, outcome: unknown): object {
  const { why, reason } = body as { why?: string; reason?: string };
  const code = isProblem(outcome) ? outcome.problem : 'done';
  return { actor: actor.name, method, route: path, params, why: toPrintable(why ?? reason ?? ''), outcome: code };
}

function readAsked(request: FastifyRequest, actors: Actors): Asked {
  const { params, query, body } = request;
  const actor = actors.get(request);
  if (actor === undefined) throw new Error('nobody was let in');
  return { params, query, body, actor };
}

export function sendProblem(reply: FastifyReply, found: Problem): FastifyReply {
  const { status } = PROBLEMS[found.problem];
  reply.code(status).type('application/problem+json');
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="portcullis"');
  return reply.serializer(JSON.stringify).send(problemBody(found));
}

/** `why: expected string; names[0]: ...` */
function describe({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.length === 0 ? 'the body' : path.join('.')}: ${message}`).join('; ');
}
