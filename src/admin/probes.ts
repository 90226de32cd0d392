// The probes alone, on an address of their own: no TLS, no token.

import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import { addProbes, type ProbeSources } from './add-probes.ts';
import { listenOn } from './listen.ts';

export interface ProbesInput extends ProbeSources {
  readonly host: string;
  readonly port: number;
}

export interface Probes {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens. Rejects with a StartFault when the address cannot be had. */
export async function createProbes({ host, port, ...sources }: ProbesInput): Promise<Probes> {
  const server = fastify({ logger: false, forceCloseConnections: true });
  addProbes(server, sources);
  await listenOn(server, { host, port }, 'probes');
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => server.close(),
  };
}
