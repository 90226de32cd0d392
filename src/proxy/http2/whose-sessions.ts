// Whose connections does a request use that goes to a service by HTTP/2?

import type { Duplex } from 'node:stream';
import type { Exchange } from '../../model/exchange.ts';
import { authenticatesConnection } from '../connection-authentication.ts';
import type { Upstream } from '../upstream.ts';
import { createSessions, type Sessions } from './sessions.ts';

export interface WhoseSessions {
  /** Everybody's, or those of this client connection. */
  sessionsFor(exchange: Exchange, client: Duplex): Sessions;
  /** From now on requests of this client connection have upstream connections of their own (design rule 10). */
  pin(exchange: Exchange, client: Duplex): Sessions;
  /** Breaks off every connection. */
  close(): void;
}

export function createWhoseSessions(upstream: Upstream): WhoseSessions {
  const shared = createSessions(upstream, upstream.keepAliveMs);
  const pinned = new Map<object, Sessions>();

  function pin(exchange: Exchange, client: Duplex): Sessions {
    const known = pinned.get(exchange.connection);
    if (known !== undefined) return known;
    // Kept as long as the client's connection: their end would undo the authentication.
    const made = createSessions(upstream, undefined);
    pinned.set(exchange.connection, made);
    client.once('close', () => {
      pinned.delete(exchange.connection);
      made.close();
    });
    return made;
  }

  return {
    pin,
    sessionsFor(exchange, client) {
      if (authenticatesConnection(exchange.fields)) return pin(exchange, client);
      return pinned.get(exchange.connection) ?? shared;
    },
    close() {
      for (const sessions of [shared, ...pinned.values()]) sessions.close();
    },
  };
}
