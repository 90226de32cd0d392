// One address: TCP connections in, connections with their evidence out.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { SecureVersion, TLSSocket } from 'node:tls';
import type { CertificateCrowd, Crowd, Guest, Guests } from '../limits/guests.ts';
import { Sample } from '../limits/sample.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Clock } from '../model/clock.ts';
import type { Evidence } from '../model/evidence.ts';
import { StartFault } from '../model/fault.ts';
import type { Log } from '../model/log.ts';
import { isNamed, plainAddress, readEvidence } from './evidence.ts';
import type { FullHandshakes } from './full-handshakes.ts';
import { createHandshakes, type Handshake } from './handshakes.ts';
import { writeAlert } from './hello-fault.ts';
import type { HelloOutcome } from './hello-reader.ts';
import { createKnownChains } from './known-chains.ts';
import { answerPlainHttp } from './plain-http.ts';
import { readHello } from './read-hello.ts';
import type { SecureContexts } from './secure-contexts.ts';
import { createSecureServers } from './secure-servers.ts';
import type { Tickets } from './tickets.ts';

/**
 * Connections that wait to be accepted, where the system allows so many (Linux: net.core.somaxconn, 4096). With Node's
 * 511 a burst fills it, and who comes then waits a second until TCP tries again (RFC 6298 2.1).
 */
const BACKLOG = 4096;

export interface ListenerInput {
  readonly host: string;
  readonly port: number;
  /** Of a socket that listens already, and must have this address; left out: one of our own is made. */
  readonly descriptor?: number | undefined;
  /** Holds for every server name: OpenSSL fixes the versions before it looks at the name. */
  readonly minVersion: SecureVersion;
  readonly http2: boolean;
  readonly contexts: SecureContexts;
  /** These three are shared by all listeners. */
  readonly guests: Guests;
  readonly tickets: Tickets;
  readonly fullHandshakes: FullHandshakes;
  readonly handshakeTimeoutMs: number;
  /** Gets each connection whose handshake is over. */
  readonly accept: (socket: TLSSocket, evidence: Evidence, guest: Guest) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'handshake' | 'connections' | 'connectionRefused'>;
}

export interface Listener {
  readonly address: AddressInfo;
  /** New handshakes use these; open connections keep what they were judged with. */
  replace(contexts: SecureContexts): void;
  /** No new connections; resolves when those in a handshake have come through it, or failed. */
  finish(): Promise<void>;
  /** No new connections; those in a handshake are broken off. */
  stop(): void;
}

/** Listens. Rejects with a StartFault when the address cannot be had. */
export async function createListener(input: ListenerInput): Promise<Listener> {
  const { fullHandshakes, log, metrics } = input;
  let contexts = input.contexts;
  const handshakes = createHandshakes(input.handshakeTimeoutMs, ({ socket, begun }, failure, code) => {
    // Before the hello nothing was done for it.
    begun?.guest.failHandshake(begun.bytesBehindHello(), performance.now());
    metrics.handshake('', failure);
    log.debug({ clientAddress: plainAddress(socket.remoteAddress ?? ''), code }, 'a handshake failed');
  });
  const knownChains = createKnownChains();
  const sample = new Sample();
  const secure = createSecureServers({
    ...input,
    done: complete,
    failed(error, socket) {
      handshakes.fail(socket, error.code);
      socket.destroy();
    },
  });
  const server = createServer(begin);

  function begin(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    // Gone already. Without an address it would be the peer of whoever else has none.
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const address = plainAddress(socket.remoteAddress);
    const guest = input.guests.arrive(address);
    if (typeof guest === 'string') {
      turnAway(socket, address, guest);
      return;
    }
    metrics.connections(1);
    socket.setNoDelay(true);
    const handshake = handshakes.add(socket);
    // Behind the handshake's own: what that costs is counted before its share may be forgotten.
    socket.on('close', () => {
      guest.leave(performance.now());
      metrics.connections(-1);
    });
    if (handshake === undefined) socket.destroy();
    else readHello(socket, (outcome) => proceed(handshake, guest, outcome));
  }

  function turnAway(socket: Socket, clientAddress: string, why: Crowd | CertificateCrowd | 'address-rate'): void {
    metrics.connectionRefused(why);
    const leftOut = sample.take(performance.now());
    if (leftOut !== undefined) log.warn({ clientAddress, why, leftOut }, 'a connection was turned away');
    socket.destroy();
  }

  function proceed(handshake: Handshake, guest: Guest, outcome: HelloOutcome): void {
    const { socket } = handshake;
    if (outcome.kind === 'hello') {
      const { serverName } = outcome;
      // Before anything is signed for it.
      if (!guest.beginHandshake(performance.now())) {
        turnAway(socket, plainAddress(socket.remoteAddress ?? ''), 'address-rate');
        return;
      }
      const helloBytes = socket.bytesRead;
      handshake.begun = { serverName, contexts, guest, bytesBehindHello: () => socket.bytesRead - helloBytes };
      secure.shakeHands(socket, contexts.asksForCertificate(serverName) ? askingKind(socket) : 'silent');
      return;
    }
    handshakes.fail(socket, outcome.kind === 'refused' ? outcome.fault : outcome.kind);
    if (outcome.kind === 'plain-http') answerPlainHttp(socket);
    else socket.end(writeAlert(outcome.fault) ?? '', () => socket.destroy());
  }

  function askingKind({ remoteAddress = '' }: Socket): 'asking' | 'full' {
    return fullHandshakes.isDemanded(plainAddress(remoteAddress)) ? 'full' : 'asking';
  }

  function complete(socket: TLSSocket): void {
    socket.on('error', () => socket.destroy());
    const begun = handshakes.complete(socket);
    // Without it the client is gone already, and has taken its address with it: its request would have no author.
    if (begun === undefined) {
      socket.destroy();
      return;
    }
    const { serverName, guest } = begun;
    if (!isNamed(socket, serverName)) {
      metrics.handshake('', 'failed');
      log.warn({ clientAddress: plainAddress(socket.remoteAddress ?? '') }, 'a client sent two server names');
      socket.destroy();
      return;
    }
    // A reload during the handshake: the older generation, for gate 1 may have judged with it.
    const evidence = readEvidence(socket, serverName, begun.contexts.trustGenerationOf, knownChains);
    metrics.handshake(evidence.tlsVersion, evidence.resumed ? 'resumed' : 'done');
    // Ours may overrule gate 1 by what was presented, which a resumed session does not bring: it would be refused.
    if (!evidence.resumed && evidence.handshakeError !== undefined) {
      fullHandshakes.demand(evidence.remoteAddress);
      guest.failHandshake(begun.bytesBehindHello(), performance.now());
    }
    const crowd = evidence.leaf && guest.identify(evidence.leaf, performance.now());
    if (crowd === undefined) input.accept(socket, evidence, guest);
    else turnAway(socket, evidence.remoteAddress, crowd);
  }

  await listen(server, input);
  return {
    address: server.address() as AddressInfo,
    replace(next) {
      contexts = next;
      secure.replace(next);
    },
    finish() {
      server.close();
      return handshakes.over();
    },
    stop() {
      server.close();
      handshakes.breakOff();
    },
  };
}

function listen(server: Server, { host, port, descriptor, log }: ListenerInput): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      const reasons: Readonly<Record<string, string>> = {
        EADDRINUSE: 'the port is in use by another process',
        EACCES: 'this user may not use the port',
        EADDRNOTAVAIL: 'this machine has no such address',
      };
      const reason = reasons[error.code ?? ''] ?? error.message;
      const what = descriptor === undefined ? `${host}:${port}` : `the socket that was handed over (${descriptor})`;
      reject(new StartFault(`cannot listen on ${what}: ${reason}`, { cause: error }));
    };
    server.once('error', fail);
    const options = descriptor === undefined ? { host, port } : { fd: descriptor };
    listenOrFail(server, options, fail, () => {
      const found = server.address() as AddressInfo | string | null;
      if (descriptor !== undefined && !isWanted(found, host, port)) {
        server.close();
        const other = typeof found === 'object' && found !== null ? `${found.address}:${found.port}` : String(found);
        const message = `the socket that was handed over (${descriptor}) is ${other}, and the configuration says ${host}:${port}`;
        reject(new StartFault(`${message}: make them the same`));
        return;
      }
      server.removeAllListeners('error');
      // Too many open files, most likely: the next connection may be lucky again.
      server.on('error', (error) => log.error({ err: error }, 'a connection could not be accepted'));
      resolve();
    });
  });
}

/** What is no socket at all Node says at once, by throwing. */
function listenOrFail(
  server: Server,
  options: { readonly host: string; readonly port: number } | { readonly fd: number },
  fail: (error: NodeJS.ErrnoException) => void,
  listening: () => void,
): void {
  try {
    server.listen({ ...options, backlog: BACKLOG }, listening);
  } catch (error) {
    fail(error as NodeJS.ErrnoException);
  }
}

/** Another address would be open to others than the configuration says. Port 0: any. */
function isWanted(found: AddressInfo | string | null, host: string, port: number): boolean {
  if (typeof found !== 'object' || found === null) return false;
  const hosts = host === 'localhost' ? ['127.0.0.1', '::1'] : [host.toLowerCase()];
  return hosts.includes(found.address) && (port === 0 || port === found.port);
}
