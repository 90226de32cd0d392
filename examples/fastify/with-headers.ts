// A Fastify app that believes the gateway's headers, and therefore listens where only the gateway can connect.

import { fastify } from 'fastify';
import { clientOf } from '../node/read-headers.ts';

const { PORT = '9000' } = process.env;

const app = fastify({ logger: true });
app.addHook('onRequest', async ({ headers }, reply) => {
  if (clientOf(headers) === undefined) return reply.code(403).send({ error: 'no client certificate' });
});
app.get('/whoami', async ({ headers }) => clientOf(headers));

// Never on 0.0.0.0: then anybody is whoever he says he is.
await app.listen({ port: Number(PORT), host: '127.0.0.1' });
