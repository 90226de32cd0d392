// One address: TCP connections in, connections with their evidence out.

import type { AddressInfo, Socket } from 'node:net';
import { createServer, type SecureVersion, type Server, type TLSSocket } from 'node:tls';
import type { Metrics } from '../metrics/metrics.ts';
import type { Evidence } from '../model/evidence.ts';
import { StartFault } from '../model/fault.ts';
import type { Log } from '../model/log.ts';
import { canonicalHost } from '../policy/canonical-host.ts';
import { plainAddress, readEvidence } from './evidence.ts';
import { answerPlainHttp } from './plain-http.ts';
import type { SecureContexts } from './secure-contexts.ts';

export interface ListenerInput {
  readonly host: string;
  readonly port: number;
  /** Holds for every server name: OpenSSL fixes the versions before it looks at the name. */
  readonly minVersion: SecureVersion;
  readonly contexts: SecureContexts;
  readonly limits: { readonly connections: number; readonly connectionsPerAddress: number };
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
  const { limits, log, metrics, minVersion } = input;
  let contexts = input.contexts;
  const perAddress = new Map<string, number>();
  /** Raw sockets by their peer: all that links them to the TLS socket that is made of them. */
  const handshaking = new Map<string, Socket>();
  let open = 0;

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
    const address = plainAddress(socket.remoteAddress ?? '');
    const fromAddress = perAddress.get(address) ?? 0;
    if (open >= limits.connections || fromAddress >= limits.connectionsPerAddress) {
      metrics.connectionRefused(open >= limits.connections ? 'limit' : 'address-limit');
      socket.destroy();
      return;
    }
    open++;
    perAddress.set(address, fromAddress + 1);
    metrics.connections(1);
    const peer = peerOf(socket);
    handshaking.set(peer, socket);
    socket.setNoDelay(true);
    socket.once('close', () => {
      open--;
      metrics.connections(-1);
      handshaking.delete(peer);
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
    });
  });

  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => socket.destroy());
    handshaking.delete(peerOf(socket));
    const evidence = readEvidence(socket, contexts.trustGenerationOf);
    metrics.handshake(evidence.tlsVersion, 'done');
    input.accept(socket, evidence);
  });

  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    metrics.handshake('', error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT' ? 'timeout' : 'failed');
    log.debug({ clientAddress: plainAddress(socket.remoteAddress ?? ''), code: error.code }, 'a handshake failed');
    if (error.code === 'ERR_SSL_HTTP_REQUEST') answerPlainHttp(socket);
    else socket.destroy();
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
      for (const socket of handshaking.values()) socket.destroy();
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
    server.listen({ host, port }, () => {
      server.removeAllListeners('error');
      // Too many open files, most likely: the next connection may be lucky again.
      server.on('error', (error) => log.error({ err: error }, 'a connection could not be accepted'));
      resolve();
    });
  });
}
