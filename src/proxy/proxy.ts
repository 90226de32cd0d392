// How do allowed requests reach the services behind the gateway?
//
// `@fastify/http-proxy` mounts the upstreams in a Fastify instance that never listens. What it is known to get wrong is
// kept from it: the router sees the mount of an upstream and never a client's path, Fastify sees no header and so reads
// no body, and what goes on the wire is what the exchange says, sent by node:http.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import httpProxy from '@fastify/http-proxy';
import { fastify } from 'fastify';
import type { ClientSide } from '../model/client-side.ts';
import type { Exchange } from '../model/exchange.ts';
import type { Log } from '../model/log.ts';
import type { Refusal } from '../model/reasons.ts';
import { type Connections, createConnections } from './connections.ts';
import { createSessions, type Sessions } from './http2/sessions.ts';
import { StreamLane } from './http2/stream-lane.ts';
import { Lane } from './lane.ts';
import { FORWARDED_METHODS, mountOptions } from './mount.ts';
import type { Upstream } from './upstream.ts';
import { passUpgrade } from './websocket.ts';

export interface UpstreamProxy {
  /**
   * Passes a request on and its answer back. Resolves with a refusal when nothing was sent to the client; with undefined
   * once the answer is over, complete or broken off. Takes `request.headers` and `request.url` away.
   */
  forward(request: IncomingMessage, response: ServerResponse, exchange: Exchange): Promise<Refusal | undefined>;
  /** The same for a request by HTTP/2, in which Fastify has no part. */
  forwardStream(client: ClientSide, exchange: Exchange): Promise<Refusal | undefined>;
  /** The same for an upgrade to WebSocket; resolves once the connection is over. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, exchange: Exchange): Promise<Refusal | undefined>;
  /** Destroys every connection to every upstream. Requests in flight are the caller's to wait for. */
  close(): Promise<void>;
}

export async function createProxy(input: {
  upstreams: ReadonlyMap<string, Upstream>;
  log: Log;
}): Promise<UpstreamProxy> {
  const lanes = new WeakMap<object, { lane: Lane; mount: string }>();
  const mounts = new Map<string, { path: string; connections: Connections; sessions: Sessions }>();
  const router = fastify({
    logger: false,
    exposeHeadRoutes: false,
    rewriteUrl: (request) => lanes.get(request)?.mount ?? '/',
  });
  // Without a body in Fastify's eyes: no parser, no content type, no limit of its own comes near it.
  for (const method of FORWARDED_METHODS) router.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  for (const [name, upstream] of input.upstreams) {
    const path = `/u${mounts.size}`;
    mounts.set(name, { path, connections: createConnections(upstream), sessions: createSessions(upstream) });
    router.register(httpProxy, { ...mountOptions((request) => lanes.get(request)?.lane), prefix: path });
  }
  await router.ready();
  let closed = false;

  function mountOf(exchange: Exchange) {
    const mount = mounts.get(exchange.upstream);
    if (mount === undefined) throw new Error(`no upstream is named ${exchange.upstream}`);
    return mount;
  }

  async function sendStream(client: ClientSide, exchange: Exchange): Promise<Refusal | undefined> {
    const { connections, sessions } = mountOf(exchange);
    const { upstream, slots } = connections;
    if (upstream.protocol === 'http2') {
      const lane = new StreamLane({ upstream, slots, sessions, client, exchange, log: input.log });
      lane.send();
      return lane.outcome;
    }
    const lane = new Lane({ connections, client, exchange, log: input.log });
    lane.send((_failed, answer) => {
      if (answer !== undefined) lane.relay(answer);
    });
    return lane.outcome;
  }

  return {
    async forward(request, response, exchange) {
      const { path, connections } = mountOf(exchange);
      if (closed) return { code: 'overloaded', check: 'closed' };
      if (request.socket.destroyed) return undefined;
      const client: ClientSide = {
        body: request,
        chunked: request.headers['transfer-encoding'] !== undefined,
        answer: response,
        channel: request.socket,
        connection: request.socket,
      };
      if (connections.upstream.protocol === 'http2') return sendStream(client, exchange);
      const lane = new Lane({ connections, client, exchange, log: input.log });
      lanes.set(request, { lane, mount: path });
      request.headers = {};
      router.routing(request, response);
      return lane.outcome;
    },
    async forwardStream(client, exchange) {
      if (closed) return { code: 'overloaded', check: 'closed' };
      return client.channel.destroyed ? undefined : sendStream(client, exchange);
    },
    async upgrade(request, socket, head, exchange) {
      const { connections } = mountOf(exchange);
      if (closed) return { code: 'overloaded', check: 'closed' };
      if (socket.destroyed) return undefined;
      return passUpgrade({ connections, request, socket, head, exchange });
    },
    async close() {
      closed = true;
      await router.close();
      for (const { connections, sessions } of mounts.values()) {
        connections.close();
        sessions.close();
      }
    },
  };
}
