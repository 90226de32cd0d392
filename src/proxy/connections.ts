// Over which connection does a request reach its upstream?

import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { Exchange } from '../model/exchange.ts';
import { authenticatesConnection } from './connection-authentication.ts';
import { createSlots, type Slots } from './slots.ts';
import type { Upstream, UpstreamTls } from './upstream.ts';

/** Largest head of an answer (Node: 16 KiB). Set here so that no command line option moves it. */
const ANSWER_HEAD_BYTES = 16 * 1024;

export interface RequestHead {
  readonly method: string;
  readonly path: string;
  /** Flat list: name, value, name, value ... */
  readonly headers: readonly string[];
}

/** All connections to one upstream. Nothing is shared between upstreams, TLS sessions least of all. */
export interface Connections {
  readonly upstream: Upstream;
  readonly slots: Slots;
  /** The agent for one request: the shared pool, or the one pinned to its client connection. */
  agentFor(exchange: Exchange, client: Duplex): http.Agent;
  /** From now on requests of this client connection have an upstream connection of their own (design rule 10). */
  pin(exchange: Exchange, client: Duplex): http.Agent;
  /** Makes a connection for each request and keeps none: for upgrades. */
  readonly unpooled: http.Agent;
  /** Begins a request. Throws when a header or the path cannot be written, which the gate rules out. */
  request(agent: http.Agent, head: RequestHead): http.ClientRequest;
  /** Destroys the connections of the agent that no request uses. */
  dropUnused(agent: http.Agent): void;
  /** Destroys every connection. */
  close(): void;
}

export function createConnections(upstream: Upstream): Connections {
  const secure = upstream.tls === undefined ? undefined : secureOptions(upstream.url, upstream.tls);
  const createAgent = (options: http.AgentOptions & { allowHalfOpen?: boolean }): http.Agent =>
    secure === undefined ? new http.Agent(options) : new https.Agent({ ...options, ...secure });
  const limit = upstream.maxConnections;
  const pool = createAgent({
    keepAlive: true,
    maxSockets: limit,
    maxFreeSockets: limit,
    timeout: upstream.keepAliveMs,
  });
  // A WebSocket's side that has said its last word may still listen.
  const unpooled = createAgent({ keepAlive: false, allowHalfOpen: true });
  const pinned = new Map<object, http.Agent>();

  function pin(exchange: Exchange, client: Duplex): http.Agent {
    const known = pinned.get(exchange.connection);
    if (known !== undefined) return known;
    // Kept as long as the client's connection and not for `keepAliveMs`: its end would undo the authentication.
    const agent = createAgent({ keepAlive: true, maxSockets: 1, agentKeepAliveTimeoutBuffer: 0 });
    pinned.set(exchange.connection, agent);
    client.once('close', () => {
      pinned.delete(exchange.connection);
      agent.destroy();
    });
    return agent;
  }

  return {
    upstream,
    slots: createSlots(limit),
    unpooled,
    pin,
    agentFor(exchange, client) {
      // Pinned before the first message leaves: the connection that carries it is the one that ends up authenticated.
      if (authenticatesConnection(exchange.headers)) return pin(exchange, client);
      return pinned.get(exchange.connection) ?? pool;
    },
    request: (agent, head) => (secure === undefined ? http : https).request(requestOptions(upstream.url, agent, head)),
    dropUnused(agent) {
      for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
    },
    close() {
      for (const agent of [pool, unpooled, ...pinned.values()]) agent.destroy();
    },
  };
}

function requestOptions(url: URL, agent: http.Agent, head: RequestHead): http.RequestOptions {
  return {
    agent,
    host: bareHost(url),
    port: url.port === '' ? null : Number(url.port),
    method: head.method,
    path: head.path,
    // A flat list keeps order, case and duplicates; @types/node knows only the object form's element types.
    headers: head.headers,
    // Nothing is added: no Host, no Connection, no framing of Node's own choice.
    setDefaultHeaders: false,
    maxHeaderSize: ANSWER_HEAD_BYTES,
    insecureHTTPParser: false,
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

type SecureOptions = Pick<
  tls.ConnectionOptions,
  'secureContext' | 'rejectUnauthorized' | 'servername' | 'checkServerIdentity'
>;

/** What the machine trusts; where it has no store, as in bare container images, the authorities that Node ships. */
function systemAuthorities(): string[] {
  const installed = tls.getCACertificates('system');
  return installed.length > 0 ? installed : [...tls.rootCertificates];
}

/** The host without the brackets of an IPv6 address. */
function bareHost(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
}
