// What is asked of http-proxy and reply-from, and what is kept from them?

import { METHODS } from 'node:http';
import type { FastifyHttpProxyOptions } from '@fastify/http-proxy';
import type { Lane, Report } from './lane.ts';

/** CONNECT and TRACE are refused long before. */
export const FORWARDED_METHODS = METHODS.filter((method) => method !== 'CONNECT' && method !== 'TRACE');

/** Carries a lane through reply-from to the transport: it copies header objects with their symbols. */
const LANE = Symbol('lane');

/** What reply-from hands a transport, and what it takes back. */
interface TransportRequest {
  readonly headers: { readonly [LANE]?: Lane };
}

/** Options of one mount: everything that http-proxy and reply-from would decide is decided here. */
export function mountOptions(laneOf: (request: object) => Lane | undefined): FastifyHttpProxyOptions {
  const transport = {
    request({ headers }: TransportRequest, done: (error: Error | null, answer?: object) => void) {
      const report: Report = (error, answer) =>
        done(error, { statusCode: answer?.statusCode, headers: {}, body: answer });
      headers[LANE]?.send(report);
    },
  };
  return {
    // A name that leads nowhere (RFC 6761 6.4): only the transport knows the address.
    upstream: 'http://upstream.invalid',
    undici: transport as unknown as NonNullable<FastifyHttpProxyOptions['undici']>,
    routes: ['/'],
    httpMethods: FORWARDED_METHODS,
    proxyPayloads: false,
    // Ours is in the lane: reply-from's counts 503 answers as failures and waits for nothing.
    retryMethods: [],
    disableRequestLogging: true,
    handler(_request, reply) {
      reply.from('/', {
        rewriteRequestHeaders: (request) => ({ [LANE]: laneOf(request.raw) }),
        onResponse(request, hijacked, answer) {
          hijacked.hijack();
          laneOf(request.raw)?.relay(answer.stream);
        },
        onError: (failed) => failed.hijack(),
      });
    },
  };
}
