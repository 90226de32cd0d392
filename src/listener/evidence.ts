// What a connection proves, read once. The chain may be readable only once (nodejs/node#65579 and its like), so nobody
// else may ask the socket for it.

import type { TLSSocket } from 'node:tls';
import type { Evidence } from '../model/evidence.ts';
import { canonicalHost } from '../policy/canonical-host.ts';
import type { KnownChains } from './known-chains.ts';

/** Certificates read of what a client presents; validation refuses more than its own, lower limit. */
const MOST_CERTIFICATES = 100;

const NO_CHAIN = { leaf: undefined, presented: Object.freeze([]) };

/** Reads and freezes the evidence at the end of the handshake. `serverName`: canonical, from the hello. */
export function readEvidence(
  socket: TLSSocket,
  serverName: string | undefined,
  trustGenerationOf: (serverName: string | undefined) => string,
  knownChains: KnownChains,
): Evidence {
  const ders: Uint8Array[] = [];
  // `issuerCertificate` is not the issuer but whatever was sent next: an untrusted bag, in the order it came.
  for (
    let certificate = socket.getPeerX509Certificate();
    certificate !== undefined && ders.length < MOST_CERTIFICATES;
    certificate = certificate.issuerCertificate
  ) {
    ders.push(certificate.raw);
  }
  const [first, ...others] = ders;
  const { leaf, presented } = first === undefined ? NO_CHAIN : knownChains.of(first, others);
  // `authorized` is never asked: it has been true without a certificate (nodejs/node#35317).
  const { authorizationError } = socket;
  return Object.freeze({
    leaf,
    presented,
    handshakeError: leaf === undefined || !authorizationError ? undefined : codeOf(authorizationError),
    trustGeneration: trustGenerationOf(serverName),
    serverName,
    tlsVersion: socket.getProtocol() ?? '',
    cipher: socket.getCipher().standardName,
    resumed: socket.isSessionReused(),
    remoteAddress: plainAddress(socket.remoteAddress ?? ''),
    remotePort: socket.remotePort ?? 0,
  });
}

/**
 * Whether OpenSSL has chosen its context by that name. Where it asked for a second hello (RFC 8446 4.1.4), that one counts for
 * it, and a client that lies may send another name there. TLS 1.2 has no second hello, and a session of it that is resumed
 * has lost the name.
 */
export function isNamed(socket: TLSSocket, serverName: string | undefined): boolean {
  const name = socket.servername ? canonicalHost(socket.servername) : undefined;
  return name === serverName || (socket.isSessionReused() && socket.getProtocol() === 'TLSv1.2');
}

function codeOf(error: Error | string): string {
  return typeof error === 'string' ? error : ((error as NodeJS.ErrnoException).code ?? error.message);
}

/** An IPv4 client of a dual-stack socket, as the IPv4 address it has. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
