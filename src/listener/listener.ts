// One address: TCP connections in, connections with their evidence out.

import type { AddressInfo, Socket } from 'node:net';
import { createServer, type SecureVersion, type Server, type TLSSocket } from 'node:tls';
import type { Metrics } from '../metrics/metrics.ts';
import type { Evidence } from '../model/evidence.ts';
import { StartFault } from '../model/fault.ts';
import type { Log } from '../model/log.ts';
import { canonicalHost } from '../policy/canonical-host.ts';
import type { ConnectionCount } from './connection-count.ts';
import { plainAddress, readEvidence } from './evidence.ts';
import { answerPlainHttp } from './plain-http.ts';
import type { SecureContexts } from './secure-contexts.ts';

/** What OpenSSL calls a first record that begins like an HTTP request: of any method, and of CONNECT. */
const PLAIN_HTTP: ReadonlySet<string> = new Set(['ERR_SSL_HTTP_REQUEST', 'ERR_SSL_HTTPS_PROXY_REQUEST']);

/**
 * Connections that wait to be accepted, where the system allows so many (Linux: net.core.somaxconn, 4096). With Node's
 * 511 a burst fills it, and who comes then waits a second until TCP tries again (RFC 6298 2.1).
 */
const BACKLOG = 4096;

export interface ListenerInput {
  readonly host: string;
  readonly port: number;
  /** Holds for every server name: OpenSSL fixes the versions before it looks at the name. */
  readonly minVersion: SecureVersion;
  readonly contexts: SecureContexts;
  /** Shared by all listeners. */
  readonly count: ConnectionCount;
  readonly handshakeTimeoutMs: number;
  /** Gets each connection whose handshake is over. */
  readonly accept: (socket: TLSSocket, evidence: Evidence) => void;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'handshake' | 'connections' | 'connectionRefused'>;
}

export interface Listener {
  readonly address: AddressInfo;
  /** New handshakes use these; open connections keep what they were judged with. */
  replace(contexts: SecureContexts): void;
  /** No new connections; those in a handshake are broken off. */
  stop(): void;
}

/** Listens. Rejects with a StartFault when the address cannot be had. */
export async function createListener(input: ListenerInput): Promise<Listener> {
  const { log, metrics, minVersion } = input;
  let contexts = input.contexts;
  /** Connections in their handshake by their peer: all that links a raw socket to the TLS socket made of it. */
  const handshaking = new Map<string, { readonly socket: Socket; readonly contexts: SecureContexts }>();

  const server = createServer({
    ...contexts.defaultContext,
    minVersion,
    requestCert: true,
    // Gate 1 only reports; the gate decides, so that a refused client gets an answer (design rule 2).
    rejectUnauthorized: false,
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

  server.on('connection', (socket: Socket) => {
    // Gone already. Without an address it would be the peer of whoever else has none.
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const address = plainAddress(socket.remoteAddress);
    const leave = input.count.enter(address);
    if (typeof leave === 'string') {
      metrics.connectionRefused(leave);
      socket.destroy();
      return;
    }
    metrics.connections(1);
    const peer = peerOf(socket);
    handshaking.set(peer, { socket, contexts });
    socket.setNoDelay(true);
    socket.once('close', () => {
      leave();
      metrics.connections(-1);
      handshaking.delete(peer);
    });
  });

  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => socket.destroy());
    const peer = peerOf(socket);
    const began = handshaking.get(peer);
    // Without it the client is gone already, and has taken its address with it: its request would have no author.
    if (began === undefined) {
      socket.destroy();
      return;
    }
    handshaking.delete(peer);
    // A reload during the handshake: the older generation, for gate 1 may have judged with it.
    const evidence = readEvidence(socket, began.contexts.trustGenerationOf);
    metrics.handshake(evidence.tlsVersion, 'done');
    input.accept(socket, evidence);
  });

  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    metrics.handshake('', error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT' ? 'timeout' : 'failed');
    log.debug({ clientAddress: plainAddress(socket.remoteAddress ?? ''), code: error.code }, 'a handshake failed');
    const began = PLAIN_HTTP.has(error.code ?? '') ? handshaking.get(peerOf(socket)) : undefined;
    if (began === undefined) socket.destroy();
    else answerPlainHttp(began.socket, () => socket.destroy());
  });

  await listen(server, input);
  return {
    address: server.address() as AddressInfo,
    replace(next) {
      contexts = next;
      server.setSecureContext({ ...next.defaultContext, minVersion });
    },
    stop() {
      server.close();
      for (const { socket } of handshaking.values()) socket.destroy();
    },
  };
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

function listen(server: Server, { host, port, log }: ListenerInput): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reasons: Readonly<Record<string, string>> = {
        EADDRINUSE: 'the port is in use by another process',
        EACCES: 'this user may not use the port',
        EADDRNOTAVAIL: 'this machine has no such address',
      };
      const reason = reasons[error.code ?? ''] ?? error.message;
      reject(new StartFault(`cannot listen on ${host}:${port}: ${reason}`, { cause: error }));
    });
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.removeAllListeners('error');
      // Too many open files, most likely: the next connection may be lucky again.
      server.on('error', (error) => log.error({ err: error }, 'a connection could not be accepted'));
      resolve();
    });
  });
}
