// Over which connection does a request reach its upstream?

import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { Exchange } from '../model/exchange.ts';
import { ANSWER_HEAD_BYTES } from '../upstream/answer-reader.ts';
import type { Dial } from '../upstream/connection.ts';
import { connectPlain } from '../upstream/plain-socket.ts';
import { createPool, type Pool } from '../upstream/pool.ts';
import { createSlots, type Slots } from '../upstream/slots.ts';
import { authenticatesConnection } from './connection-authentication.ts';
import type { Upstream, UpstreamTls } from './upstream.ts';

export interface RequestHead {
  readonly method: string;
  readonly path: string;
  /** Flat list: name, value, name, value ... */
  readonly headers: readonly string[];
}

/** An upstream connection of one client connection. */
export interface Pinned {
  readonly pool: Pool;
  /** One place: who pipelines requests waits for his own. */
  readonly slots: Slots;
}

/** All connections to one upstream. Nothing is shared between upstreams, TLS sessions least of all. */
export interface Connections {
  readonly upstream: Upstream;
  /** All that are in use, whatever for. */
  readonly slots: Slots;
  /** For everybody who has none of his own. */
  readonly pool: Pool;
  /** The connection of his own that a request has to use; undefined: any of the pool will do. */
  pinnedFor(exchange: Exchange, client: Duplex): Pinned | undefined;
  /** From now on requests of this client connection have an upstream connection of their own (design rule 10). */
  pin(exchange: Exchange, client: Duplex): Pinned;
  /** Begins an upgrade, on a connection of its own. Throws when a header or the path cannot be written. */
  request(head: RequestHead): http.ClientRequest;
  /** Breaks off every connection. */
  close(): void;
}

export function createConnections(upstream: Upstream): Connections {
  const secure = upstream.tls === undefined ? undefined : secureOptions(upstream.url, upstream.tls);
  const dial = createDial(upstream.url, secure);
  const pool = createPool({ dial, keepAliveMs: upstream.keepAliveMs });
  // A WebSocket's side that has said its last word may still listen.
  const agentOptions = { keepAlive: false, allowHalfOpen: true };
  const unpooled =
    secure === undefined ? new http.Agent(agentOptions) : new https.Agent({ ...agentOptions, ...secure });
  const pinned = new Map<object, Pinned>();

  function pin(exchange: Exchange, client: Duplex): Pinned {
    const known = pinned.get(exchange.connection);
    if (known !== undefined) return known;
    // Kept as long as the client's connection and not for `keepAliveMs`: its end would undo the authentication.
    const made = { pool: createPool({ dial, keepAliveMs: undefined }), slots: createSlots(1) };
    pinned.set(exchange.connection, made);
    client.once('close', () => {
      pinned.delete(exchange.connection);
      made.pool.close();
    });
    return made;
  }

  return {
    upstream,
    slots: createSlots(upstream.maxConnections),
    pool,
    pin,
    pinnedFor(exchange, client) {
      // Pinned before the first message leaves: the connection that carries it is the one that ends up authenticated.
      if (authenticatesConnection(exchange.fields)) return pin(exchange, client);
      return pinned.size === 0 ? undefined : pinned.get(exchange.connection);
    },
    request: (head) => (secure === undefined ? http : https).request(requestOptions(upstream.url, unpooled, head)),
    close() {
      for (const each of [pool, ...[...pinned.values()].map(({ pool: own }) => own)]) each.close();
      unpooled.destroy();
    },
  };
}

function requestOptions(url: URL, agent: http.Agent, head: RequestHead): http.RequestOptions {
  return {
    agent,
    ...placeOf(url),
    method: head.method,
    path: head.path,
    // A flat list keeps order, case and duplicates; @types/node knows only the object form's element types.
    headers: head.headers,
    // Nothing is added: no Host, no Connection, no framing of Node's own choice.
    setDefaultHeaders: false,
    // Set here so that no command line option moves it.
    maxHeaderSize: ANSWER_HEAD_BYTES,
    insecureHTTPParser: false,
  };
}

type SecureOptions = Pick<
  tls.ConnectionOptions,
  'secureContext' | 'rejectUnauthorized' | 'servername' | 'checkServerIdentity'
>;

function createDial(url: URL, secure: SecureOptions | undefined): Dial {
  const { host, port } = placeOf(url);
  const place = { host, port: port ?? (secure === undefined ? 80 : 443), noDelay: true };
  if (secure === undefined) return (receive) => ({ ...connectPlain(place, receive), readyEvent: 'connect' });
  let session: Buffer | undefined;
  return (receive) => {
    const socket = tls.connect({ ...place, ...secure, ...(session && { session }) });
    // Of memory that Node shares out, and writes to once only.
    socket.on('data', (bytes: Buffer) => receive(bytes, true));
    let verified = false;
    socket.once('secureConnect', () => {
      verified = true;
    });
    // Who resumes is not asked for his name again: only sessions of services that were verified are kept.
    socket.on('session', (fresh) => {
      if (verified) session = fresh;
    });
    return { socket, readyEvent: 'secureConnect' };
  };
}

/** How a connection to the service is verified. */
export function secureOptions(url: URL, options: UpstreamTls): SecureOptions {
  const name = options.serverName ?? bareHost(url);
  return {
    secureContext: tls.createSecureContext({
      ca: options.ca === 'system' ? systemAuthorities() : [...options.ca],
      cert: options.cert,
      key: options.key,
    }),
    rejectUnauthorized: true,
    // RFC 6066 section 3: no address in SNI. The certificate is held against the name all the same.
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(name, certificate),
  };
}

/** What the machine trusts; where it has no store, as in bare container images, the authorities that Node ships. */
function systemAuthorities(): string[] {
  const installed = tls.getCACertificates('system');
  return installed.length > 0 ? installed : [...tls.rootCertificates];
}

function placeOf(url: URL): { host: string; port: number | null } {
  return { host: bareHost(url), port: url.port === '' ? null : Number(url.port) };
}

/** The host without the brackets of an IPv6 address. */
function bareHost(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
}
