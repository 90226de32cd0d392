// A Fastify app that takes a request only with the gateway's token, and reports only from auditors.

import { type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { type Client, clientOf } from '../node/verify-token.ts';

declare module 'fastify' {
  interface FastifyRequest {
    client: Client;
  }
}

const { PORT = '9000' } = process.env;

async function requireClient(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  try {
    request.client = await clientOf(String(request.headers['x-client-token'] ?? ''));
    return undefined;
  } catch (error) {
    request.log.warn(`a request without a good token: ${(error as Error).message}`);
    // Not 401: no password or token that the client could send instead would help it.
    return reply.code(403).send({ error: 'no good token' });
  }
}

function requireRole(role: string) {
  return async ({ client }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> =>
    client.roles.includes(role) ? undefined : reply.code(403).send({ error: `only for ${role}` });
}

const app = fastify({ logger: true });
app.decorateRequest('client');
// Also before the answer to paths that there are not.
app.addHook('onRequest', requireClient);
app.get('/whoami', async ({ client }) => client);
app.get('/reports', { onRequest: requireRole('auditor') }, async () => ({ reports: [] }));

await app.listen({ port: Number(PORT), host: '127.0.0.1' });
