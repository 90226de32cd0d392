// Health, readiness and metrics, on an address of their own: no TLS, no token, nothing that a stranger could use.

import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import type { Metrics } from '../metrics/metrics.ts';
import { StartFault } from '../model/fault.ts';

export interface ProbesInput {
  readonly host: string;
  readonly port: number;
  readonly metrics: Metrics;
  /** Ready to take requests, and if not, why. */
  readonly readiness: () => { readonly ready: boolean; readonly detail: string };
}

export interface Probes {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens. Rejects with a StartFault when the address cannot be had. */
export async function createProbes({ host, port, metrics, readiness }: ProbesInput): Promise<Probes> {
  const server = fastify({ logger: false, forceCloseConnections: true });
  server.get('/healthz', () => ({ status: 'alive' }));
  server.get('/readyz', (_, reply) => {
    const { ready, detail } = readiness();
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', detail });
  });
  server.get('/metrics', async (_, reply) => {
    const { text, contentType } = await metrics.render();
    return reply.type(contentType).send(text);
  });
  try {
    await server.listen({ host, port });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartFault(`cannot listen for probes on ${host}:${port}: ${reason}`, { cause: error });
  }
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => server.close(),
  };
}
