// The OpenAPI document: sound in its form, and what a gateway really answers is what it says.

import { Validator } from '@seriousme/openapi-schema-validator';
import t from 'tap';
import { z } from 'zod';
import { type AdminAnswer, type Call, startAdministered } from '../kit/admin.ts';
import { send } from '../kit/client.ts';
import { startUpstream } from '../kit/upstream.ts';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: object;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly description?: string;
        readonly content?: Readonly<Record<string, { readonly schema: object }>>;
        readonly $ref?: string;
      }
    >
  >;
}

const YAML = `
directory: { url: "sqlite:clients.db" }
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }
`;

const upstream = await startUpstream(t);
const gateway = await startAdministered(t, { upstreamPort: upstream.port, yaml: YAML });
const { json: document } = await gateway.call('/api/v1/openapi.json');
const operations = Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

/** Every object with a `$ref`, anywhere. */
function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = '$ref' in value && typeof value.$ref === 'string' ? [value.$ref] : [];
  return [...own, ...Object.values(value).flatMap(refsIn)];
}

t.test('its form is that of OpenAPI 3.1', async (t) => {
  t.match(await new Validator().validate(document), { valid: true });
  t.match(await new Validator().validate({ ...document, paths: 1 }), { valid: false }, 'held against the schema');
  t.match(document, { openapi: /^3\.1\.\d+$/, info: { title: String, version: /^\d/ }, servers: [{ url: '/api/v1' }] });
  t.ok(operations.length > 15);
  const ids = operations.map(({ operation }) => operation.operationId);
  t.equal(new Set(ids).size, ids.length, 'each operation has an id of its own');
  for (const ref of refsIn(document)) {
    const found = ref
      .split('/')
      .slice(1)
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document);
    t.ok(found, ref);
  }
  for (const { path, method, operation } of operations) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = operation.parameters.filter((each) => each.in === 'path');
    t.strictSame(declared.map(({ name }) => name).sort(), inPath.sort(), `${method} ${path}: parameters`);
    t.ok(declared.every(({ required }) => required));
    t.equal(operation.requestBody !== undefined, method !== 'GET', `${method} ${path}: body`);
    t.ok(Object.values(operation.responses).every(({ description, $ref }) => description ?? $ref));
    t.ok(operation.summary.endsWith('.'));
  }
});

/** Holds an answer against the schema of the document, read back by another way than it was written. */
function check(answer: AdminAnswer, method: string, path: string): void {
  const { responses } = document.paths[path][method.toLowerCase()] as Operation;
  const schema = responses[answer.status]?.content?.['application/json']?.schema;
  t.ok(schema, `${method} ${path}: ${answer.status}`);
  const parsed = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(answer.json);
  t.ok(parsed.success, `${method} ${path} answers as the document says: ${parsed.error}`);
}

t.test('answers are as it says', async (t) => {
  const alice = gateway.pki.issuing.client({ cn: 'alice' });
  await send(t, { port: gateway.port, certificate: alice });
  const call = async (method: string, path: string, real = path, body?: object) => {
    const options: Call = { method, body };
    const answer = await gateway.call(`/api/v1${real}`, options);
    check(answer, method, path);
    return answer.json;
  };
  const why = 'to see';
  await call('GET', '/status');
  await call('GET', '/sites');
  await call('GET', '/decisions');
  await call('POST', '/explain', '/explain', { url: 'https://localhost/', certificate: alice.chainPem });
  await call('GET', '/certificates');
  await call('GET', '/certificates/seen');
  await call('GET', '/certificates/rotation');
  await call('GET', '/expiring');
  await call('GET', '/report-only');
  await call('POST', '/clients', '/clients', { name: 'alice', certificate: { pem: alice.chainPem }, why });
  await call('GET', '/clients');
  const client = await call('GET', '/clients/{name}', '/clients/alice');
  await call('PATCH', '/clients/{name}', '/clients/alice', { notes: 'x', why });
  const [{ id }] = client.certificates;
  await call('DELETE', '/clients/{name}/certificates/{id}', `/clients/alice/certificates/${id}`, { why });
  const certificate = { pem: alice.chainPem };
  await call('POST', '/clients/{name}/certificates', '/clients/alice/certificates', { certificate, why });
  const block = await call('POST', '/blocks', '/blocks', { account: 'alice', reason: why });
  await call('GET', '/blocks');
  await call('DELETE', '/blocks/{id}', `/blocks/${block.id}`, { why });
  await call('DELETE', '/clients/{name}', '/clients/alice', { why });
  await call('GET', '/history');
  await call('POST', '/reload', '/reload', { why });
  await call('GET', '/openapi.json');
});

t.test('problems are as it says', async (t) => {
  const schema = z.fromJSONSchema(document.components.schemas.Problem);
  for (const answer of [
    await gateway.call('/api/v1/status', { token: null }),
    await gateway.call('/api/v1/none'),
    await gateway.call('/api/v1/clients/nobody'),
    await gateway.call('/api/v1/blocks', { method: 'POST', body: {} }),
  ]) {
    t.match(answer.headers, { 'content-type': /^application\/problem\+json/ });
    t.ok(schema.safeParse(answer.json).success, answer.json.code);
  }
});
