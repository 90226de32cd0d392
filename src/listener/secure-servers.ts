// Who makes a handshake: a TLS server that asks for a certificate, one that does not, or one that resumes nothing. None of
// them listens.

import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type SecureVersion, type TLSSocket, type TlsOptions } from 'node:tls';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import { canonicalHost } from '../policy/canonical-host.ts';
import type { SecureContexts } from './secure-contexts.ts';
import type { Tickets } from './tickets.ts';

export interface SecureServersInput {
  readonly contexts: SecureContexts;
  /** Holds for every server name: OpenSSL fixes the versions before it looks at the name. */
  readonly minVersion: SecureVersion;
  /** HTTP/2 is offered beside HTTP/1.1. */
  readonly http2: boolean;
  readonly handshakeTimeoutMs: number;
  readonly tickets: Tickets;
  readonly clock: Clock;
  readonly done: (socket: TLSSocket) => void;
  /** Has to destroy the socket. */
  readonly failed: (error: NodeJS.ErrnoException, socket: TLSSocket) => void;
  readonly log: Log;
}

/** `full`: asks, and neither resumes a session nor gives a ticket for one. */
export type ServerKind = 'asking' | 'silent' | 'full';

export interface SecureServers {
  /** Makes the handshake on a connection whose bytes are all still to be read. */
  shakeHands(socket: Socket, kind: ServerKind): void;
  replace(contexts: SecureContexts): void;
}

export function createSecureServers(input: SecureServersInput): SecureServers {
  const { minVersion, http2, tickets, clock, log } = input;
  let contexts = input.contexts;
  let key = tickets.keyAt(clock());

  /** Of the default contexts alone: those of server names have no say in what resumes (and Node ignores them there). */
  function optionsOf(kind: ServerKind): TlsOptions {
    const { defaultContext } = contexts;
    const resumes = tickets.settings.enabled && kind !== 'full';
    return {
      ...defaultContext,
      minVersion,
      sessionIdContext: contexts.sessionContextOf(kind !== 'silent'),
      ...(resumes
        ? { ticketKeys: key, sessionTimeout: Math.ceil(tickets.settings.lifetimeMs / 1000) }
        : { secureOptions: (defaultContext.secureOptions ?? 0) | constants.SSL_OP_NO_TICKET }),
    };
  }

  function create(kind: ServerKind) {
    const server = createServer({
      ...optionsOf(kind),
      requestCert: kind !== 'silent',
      // Without the list nothing is negotiated, and HTTP/1.1 is spoken.
      ...(http2 && { ALPNProtocols: ['h2', 'http/1.1'] }),
      // Gate 1 only reports; the gate decides, so that a refused client gets an answer (design rule 2).
      rejectUnauthorized: false,
      // The listener's own limit began earlier and ends earlier; left out, Node's 120 s would end longer ones.
      handshakeTimeout: input.handshakeTimeoutMs,
      SNICallback(serverName, done) {
        // A throw in here would end the process (CVE-2026-21637).
        try {
          const name = canonicalHost(serverName);
          const context = name === undefined ? undefined : contexts.contextOf(name);
          if (context === undefined) done(new Error('no certificate covers the server name'));
          else done(null, context);
        } catch (fault) {
          log.error({ err: fault }, 'no secure context could be made');
          done(new Error('no secure context'));
        }
      },
    });
    server.on('secureConnection', input.done);
    server.on('tlsClientError', input.failed);
    return server;
  }

  const servers = { asking: create('asking'), silent: create('silent'), full: create('full') };

  /** At the first handshake behind the turn: without one nobody needs a key. */
  function turnKey(): void {
    const next = tickets.keyAt(clock());
    if (next === key) return;
    key = next;
    for (const kind of ['asking', 'silent'] as const) servers[kind].setTicketKeys(key);
  }

  return {
    shakeHands(socket, kind) {
      turnKey();
      servers[kind].emit('connection', socket);
    },
    replace(next) {
      contexts = next;
      key = tickets.keyAt(clock());
      for (const kind of ['asking', 'silent', 'full'] as const) servers[kind].setSecureContext(optionsOf(kind));
    },
  };
}
