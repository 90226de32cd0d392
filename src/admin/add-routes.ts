// The routes of the API on a server: each behind its role, with its schemas before and behind it.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Actor } from './access.ts';
import { mayAct } from './access.ts';
import { isProblem, PROBLEMS, type Problem, problem, problemBody } from './problems.ts';
import type { Route } from './route.ts';

/** Whoever was let in, by their request. */
export type Actors = WeakMap<FastifyRequest, Actor>;

export function addRoutes(server: FastifyInstance, routes: readonly Route[], actors: Actors): void {
  server.setValidatorCompiler<z.ZodType>(({ schema }) => (data) => {
    const parsed = schema.safeParse(data);
    return parsed.success ? { value: parsed.data } : { error: new Error(describe(parsed.error)) };
  });
  server.setSerializerCompiler<z.ZodType>(
    ({ schema }) =>
      (data) =>
        JSON.stringify(schema.parse(data)),
  );
  for (const route of routes) addRoute(server, route, actors);
}

function addRoute(server: FastifyInstance, route: Route, actors: Actors): void {
  const { params, query, body, answer, status = 200 } = route;
  server.route({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    schema: {
      params: params ?? z.strictObject({}),
      querystring: query ?? z.strictObject({}),
      ...(route.method !== 'GET' && { body: body ?? z.strictObject({}) }),
      response: { [status]: answer },
    },
    onRequest(request, reply, done) {
      const actor = actors.get(request);
      if (actor !== undefined && mayAct(actor, route.role)) done();
      else sendProblem(reply, problem('role-required', `It needs the role ${route.role}.`));
    },
    async handler(request, reply) {
      const { params, query, body } = request;
      const actor = actors.get(request);
      if (actor === undefined) throw new Error('nobody was let in');
      const outcome = await route.handle({ params, query, body, actor });
      if (isProblem(outcome)) return sendProblem(reply, outcome);
      return reply.code(status).send(outcome);
    },
  });
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
