// What one version of HTTP does with the connections that speak it.

import type { TLSSocket } from 'node:tls';
import type { Evidence } from '../model/evidence.ts';

export interface Door {
  /** Takes a connection that may send requests. */
  take(socket: TLSSocket, evidence: Evidence): void;
  /** No further requests: connections without one are closed, the others behind what is under way. */
  drain(): void;
  /** Nothing is taken any more. */
  close(): void;
}
