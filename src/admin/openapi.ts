// The document of the API (OpenAPI 3.1), made from the routes: it cannot say anything else than what is checked.

import { z } from 'zod';
import { PROBLEMS } from './problems.ts';
import type { AnyRoute } from './route.ts';
import { configurationProblem } from './routes/reload.ts';

const problemAnswer = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(Object.keys(PROBLEMS) as [string, ...string[]]),
  problems: z.array(configurationProblem).optional().describe('What is wrong with the configuration.'),
});

type JsonSchema = ReturnType<typeof toSchema>;

export function createDocument(routes: readonly AnyRoute[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = paths[route.path] ?? {};
    path[route.method.toLowerCase()] = describeRoute(route);
    paths[route.path] = path;
  }
  return {
    openapi: '3.1.1',
    info: { title: 'Portcullis admin API', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/api/v1' }],
    security: [{ token: [] }, { certificate: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'Made by: portcullis admin token create.' },
        certificate: { type: 'mutualTLS', description: 'One that `admin.clients` gives a role.' },
      },
      schemas: { Problem: toSchema(problemAnswer, 'output') },
      responses: {
        Problem: {
          description: 'Why it is not done.',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  };
}

function describeRoute(route: AnyRoute): object {
  const params = 'open' in route ? undefined : route.params;
  const body = 'open' in route ? undefined : route.body;
  return {
    operationId: nameOf(route),
    summary: route.summary,
    description: `Role: ${route.role}.`,
    parameters: [...parametersOf(params, 'path'), ...parametersOf(route.query, 'query')],
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: toSchema(body, 'input') } } },
    }),
    responses: { ...describeAnswer(route), default: { $ref: '#/components/responses/Problem' } },
  };
}

function describeAnswer(route: AnyRoute): object {
  if ('open' in route) {
    const content = { 'text/event-stream': { schema: { type: 'string' } } };
    return { 200: { description: 'Events, without an end.', content } };
  }
  const content = { 'application/json': { schema: toSchema(route.answer, 'output') } };
  return { [route.status ?? 200]: { description: 'Done.', content } };
}

/** `getClientsNameCertificates` */
function nameOf({ method, path }: AnyRoute): string {
  const words = path.match(/\w+/g) ?? [];
  return method.toLowerCase() + words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
}

function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query'): object[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = toSchema(schema, 'input');
  return Object.entries(properties as Record<string, JsonSchema>).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description !== undefined && { description }),
    schema: rest,
  }));
}

/** JSON Schema 2020-12, as OpenAPI 3.1 takes it. */
function toSchema(schema: z.ZodType, io: 'input' | 'output') {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
