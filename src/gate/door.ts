// What one version of HTTP does with the connections that speak it.

import type { TLSSocket } from 'node:tls';
import type { Guest } from '../limits/guests.ts';
import type { Evidence } from '../model/evidence.ts';

export interface Door {
  /** Takes a connection that may send requests. */
  take(socket: TLSSocket, evidence: Evidence, guest: Guest): void;
  /** No further requests: connections without one are closed, the others behind what is under way. */
  drain(): void;
  /**
   * Closes connections that wait for a further request, oldest connections first, at most so many; tells how many it was.
   */
  closeOldest(most: number): number;
  /** Nothing is taken any more. */
  close(): void;
}
