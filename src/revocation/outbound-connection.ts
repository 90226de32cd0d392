// How is a server outside reached: directly or through a proxy, in plain text or verified TLS?

import { type IncomingMessage, request } from 'node:http';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { portOf } from './web-address.ts';

export interface Route {
  /** http or https. */
  readonly target: URL;
  /** Plain http; undefined: directly. */
  readonly proxy: URL | undefined;
  /** Who vouches for https servers. */
  readonly secureContext: () => SecureContext;
  /** Ends whatever was begun. */
  readonly signal: AbortSignal;
}

/** A connection to speak HTTP over, or why there is none. */
export type Connection = { readonly ok: true; readonly socket: Socket } | { readonly ok: false; readonly why: string };

/** Node's own limit, which its options can raise. Answers with lists have heads of less than 1 KiB. */
export const MAX_HEAD_BYTES = 16 * 1024;

/** Not pooled: connections are rare, and one that was idle for an hour is of no use. */
export async function connect(route: Route): Promise<Connection> {
  const { target, proxy } = route;
  const tcp = await openTcp(proxy ?? target, route);
  if (!tcp.ok || target.protocol === 'http:') return tcp;
  const tunnel = proxy === undefined ? tcp : await openTunnel(tcp.socket, route);
  return tunnel.ok ? openTls(tunnel.socket, route) : tunnel;
}

/** A word for an error of the network: its code, for messages may quote the other side. */
export function describeError(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

function openTcp(to: URL, { signal }: Route): Promise<Connection> {
  const socket = connectTcp({ host: hostOf(to), port: portOf(to) });
  signal.addEventListener('abort', () => socket.destroy(), { once: true });
  return whenReady(socket, 'connect', 'cannot be reached');
}

/** RFC 9110 9.3.6. */
async function openTunnel(socket: Socket, { target }: Route): Promise<Connection> {
  const authority = `${target.hostname}:${portOf(target)}`;
  const asked = request({
    createConnection: () => socket,
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, 'user-agent': 'portcullis' },
    maxHeaderSize: MAX_HEAD_BYTES,
  });
  const { promise, resolve } = Promise.withResolvers<Connection>();
  asked.on('connect', ({ statusCode }: IncomingMessage, tunnel: Socket, early: Buffer) => {
    // A server speaks second in TLS: what comes before is not from it.
    if (statusCode === 200 && early.length === 0) resolve({ ok: true, socket: tunnel });
    else resolve({ ok: false, why: `the proxy answered with status ${statusCode}` });
  });
  asked.on('error', (error) => resolve({ ok: false, why: `the proxy broke off (${describeError(error)})` }));
  asked.on('close', () => resolve({ ok: false, why: 'the proxy closed the connection' }));
  asked.end();
  return promise;
}

function openTls(socket: Socket, { target, secureContext, signal }: Route): Promise<Connection> {
  // RFC 6066 3: SNI has no trailing dot, and no IP addresses. Certificates have no such dot either.
  const host = hostOf(target).replace(/\.$/, '');
  const tls = connectTls({
    socket,
    host,
    secureContext: secureContext(),
    // Whatever the process was told to tolerate.
    rejectUnauthorized: true,
    ...(isIP(host) === 0 && { servername: host }),
  });
  signal.addEventListener('abort', () => tls.destroy(), { once: true });
  return whenReady(tls, 'secureConnect', 'no verified TLS connection');
}

function whenReady(socket: Socket, event: 'connect' | 'secureConnect', what: string): Promise<Connection> {
  const { promise, resolve } = Promise.withResolvers<Connection>();
  socket.on('error', (error) => resolve({ ok: false, why: `${what} (${describeError(error)})` }));
  socket.once('close', () => resolve({ ok: false, why: `${what} (closed)` }));
  socket.once(event, () => resolve({ ok: true, socket }));
  return promise;
}

/** IPv6 addresses without their brackets. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}
