// Health, readiness and metrics as routes: no token, and nothing in them that a stranger could use.

import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../metrics/metrics.ts';

export interface ProbeSources {
  readonly metrics: Metrics;
  /** Ready to take requests, and if not, why. */
  readonly readiness: () => { readonly ready: boolean; readonly detail: string };
}

export function addProbes(server: FastifyInstance, { metrics, readiness }: ProbeSources): void {
  server.get('/healthz', () => ({ status: 'alive' }));
  server.get('/readyz', (_, reply) => {
    const { ready, detail } = readiness();
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', detail });
  });
  server.get('/metrics', async (_, reply) => {
    const { text, contentType } = await metrics.render();
    return reply.type(contentType).send(text);
  });
}
