// What one version of HTTP does with the connections that speak it.

import type { TLSSocket } from 'node:tls';
import type { Guest } from '../limits/guests.ts';
import type { Evidence } from '../model/evidence.ts';

/**
 * A client that is just through its handshake, or has just had an answer, may have sent a request already that is not here
 * yet: it is not lost when the gateway stops just then.
 */
export const PATIENCE_MS = 2000;

export interface Door {
  /** Takes a connection that may send requests. */
  take(socket: TLSSocket, evidence: Evidence, guest: Guest): void;
  /** From now on the next answer of each connection is its last one, or its client is told to open another one. */
  drain(): void;
  /** When draining: closes connections on which nothing has come or gone for PATIENCE_MS. To be called again and again. */
  closeQuiet(): void;
  /**
   * Closes connections that wait for a further request, oldest connections first, at most so many; tells how many it was.
   */
  closeOldest(most: number): number;
  /** Nothing is taken any more. */
  close(): void;
}
