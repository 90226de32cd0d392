// Who makes a handshake: a TLS server that asks for a certificate, or one that does not. Neither of them listens.

import type { Socket } from 'node:net';
import { createServer, type SecureVersion, type TLSSocket } from 'node:tls';
import type { Log } from '../model/log.ts';
import { canonicalHost } from '../policy/canonical-host.ts';
import type { SecureContexts } from './secure-contexts.ts';

export interface SecureServersInput {
  readonly contexts: SecureContexts;
  /** Holds for every server name: OpenSSL fixes the versions before it looks at the name. */
  readonly minVersion: SecureVersion;
  /** HTTP/2 is offered beside HTTP/1.1. */
  readonly http2: boolean;
  readonly handshakeTimeoutMs: number;
  readonly done: (socket: TLSSocket) => void;
  /** Has to destroy the socket. */
  readonly failed: (error: NodeJS.ErrnoException, socket: TLSSocket) => void;
  readonly log: Log;
}

export interface SecureServers {
  /** Makes the handshake on a connection whose bytes are all still to be read. */
  shakeHands(socket: Socket, asksForCertificate: boolean): void;
  replace(contexts: SecureContexts): void;
}

export function createSecureServers(input: SecureServersInput): SecureServers {
  const { minVersion, http2, log } = input;
  let contexts = input.contexts;
  const create = (requestCert: boolean) => {
    const server = createServer({
      ...contexts.defaultContext,
      minVersion,
      requestCert,
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
  };
  const asking = create(true);
  const silent = create(false);
  return {
    shakeHands(socket, asksForCertificate) {
      (asksForCertificate ? asking : silent).emit('connection', socket);
    },
    replace(next) {
      contexts = next;
      for (const server of [asking, silent]) server.setSecureContext({ ...next.defaultContext, minVersion });
    },
  };
}
