// How do allowed requests reach the services behind the gateway?
//
// Requests take a lane of their own, which `docs/proxying.md` describes with what it cost and gained. Upgrades come through
// `@fastify/http-proxy`, which mounts the upstreams in a Fastify instance that never listens. What it is known to get wrong
// is kept from it: the router sees the mount of an upstream and never a client's path, and what goes on the wire is what
// the exchange says.

import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import httpProxy from '@fastify/http-proxy';
import { fastify } from 'fastify';
import type { ClientSide } from '../model/client-side.ts';
import type { Exchange, Outcome } from '../model/exchange.ts';
import type { Log } from '../model/log.ts';
import type { Refusal } from '../model/reasons.ts';
import { type Connections, createConnections } from './connections.ts';
import { StreamLane } from './http2/stream-lane.ts';
import { createWhoseSessions, type WhoseSessions } from './http2/whose-sessions.ts';
import { Lane } from './lane.ts';
import { fieldValue } from './message-fields.ts';
import { mountOptions, type Passage } from './mount.ts';
import type { Upstream } from './upstream.ts';
import { passUpgrade } from './websocket.ts';

export interface UpstreamProxy {
  /** Passes a request on and its answer back. */
  forward(request: IncomingMessage, response: ServerResponse, exchange: Exchange, outcome: Outcome): void;
  /** The same for a request by HTTP/2. */
  forwardStream(client: ClientSide, exchange: Exchange, outcome: Outcome): void;
  /**
   * The same for an upgrade to WebSocket. Resolves with a refusal when nothing was sent to the client; with undefined once
   * the connection is over.
   */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, exchange: Exchange): Promise<Refusal | undefined>;
  /** Destroys every connection to every upstream. Requests in flight are the caller's to wait for. */
  close(): Promise<void>;
}

export async function createProxy(input: {
  upstreams: ReadonlyMap<string, Upstream>;
  log: Log;
}): Promise<UpstreamProxy> {
  const passages = new WeakMap<object, { passage: Passage; mount: string }>();
  const mounts = new Map<string, { path: string; connections: Connections; sessions: WhoseSessions }>();
  const router = fastify({
    logger: false,
    exposeHeadRoutes: false,
    rewriteUrl: (request) => passages.get(request)?.mount ?? '/',
  });
  for (const [name, upstream] of input.upstreams) {
    const path = `/u${mounts.size}`;
    mounts.set(name, { path, connections: createConnections(upstream), sessions: createWhoseSessions(upstream) });
    router.register(httpProxy, { ...mountOptions((request) => passages.get(request)?.passage), prefix: path });
  }
  await router.ready();
  let closed = false;

  function mountOf(exchange: Exchange) {
    const mount = mounts.get(exchange.upstream);
    if (mount === undefined) throw new Error(`no upstream is named ${exchange.upstream}`);
    return mount;
  }

  function pass(client: ClientSide, exchange: Exchange, outcome: Outcome): void {
    const { connections, sessions } = mountOf(exchange);
    const { upstream, slots } = connections;
    if (closed) {
      outcome.settle({ code: 'overloaded', check: 'closed' });
    } else if (client.channel.destroyed) {
      outcome.settle(undefined);
    } else if (upstream.protocol === 'http2') {
      const lane = new StreamLane({ upstream, slots, sessions, client, exchange, log: input.log });
      lane.outcome.then(
        (refusal) => outcome.settle(refusal),
        (fault: unknown) => outcome.fail(fault),
      );
      lane.send();
    } else {
      new Lane({ connections, client, exchange, log: input.log }, outcome).send();
    }
  }

  return {
    forward(request, response, exchange, outcome) {
      const { socket } = request;
      const chunked = fieldValue(request.rawHeaders, 'transfer-encoding') !== undefined;
      const client = { body: request, chunked, answer: response, channel: socket, connection: socket };
      pass(client, exchange, outcome);
    },
    forwardStream: pass,
    async upgrade(request, socket, head, exchange) {
      const { path, connections } = mountOf(exchange);
      if (closed) return { code: 'overloaded', check: 'closed' };
      if (socket.destroyed) return undefined;
      return new Promise((settle, fail) => {
        const passage = () => passUpgrade({ connections, request, socket, head, exchange }).then(settle, fail);
        // Fastify sees no header of the client, and what it does to the request is done to nobody's. What is said to the
        // client goes by its socket.
        const shadow: IncomingMessage = Object.create(request, { headers: { value: {} } });
        passages.set(shadow, { passage, mount: path });
        router.routing(shadow, new ServerResponse(shadow));
      });
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
