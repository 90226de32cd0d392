// Listening on an address, or why it cannot be had.

import type { FastifyInstance } from 'fastify';
import { StartFault } from '../model/fault.ts';

/** `purpose`: what the address is for, in the words of the message. Rejects with a StartFault. */
export async function listenOn(
  server: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
  purpose: string,
): Promise<void> {
  try {
    await server.listen({ host, port });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartFault(`cannot listen for ${purpose} on ${host}:${port}: ${reason}`, { cause: error });
  }
}
