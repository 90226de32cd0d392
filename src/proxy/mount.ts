// What is asked of http-proxy and reply-from, and what is kept from them?

import type { FastifyHttpProxyOptions } from '@fastify/http-proxy';

/** An upgrade on its way; resolves once it is over. */
export type Passage = () => Promise<void>;

/** Carries a passage through reply-from to the transport: it copies header objects with their symbols. */
const PASSAGE = Symbol('passage');

/** What reply-from hands a transport. */
interface TransportRequest {
  readonly headers: { readonly [PASSAGE]?: Passage };
}

/** Options of one mount: everything that http-proxy and reply-from would decide is decided here. */
export function mountOptions(passageOf: (request: object) => Passage | undefined): FastifyHttpProxyOptions {
  const transport = {
    request({ headers }: TransportRequest, done: (error: Error) => void) {
      // Whatever comes of it was said to the client, or is told to the gate: there is nothing left to reply to.
      void headers[PASSAGE]?.().then(() => done(new Error('the passage is over')));
    },
  };
  return {
    // A name that leads nowhere (RFC 6761 6.4): only the passage knows the address.
    upstream: 'http://upstream.invalid',
    undici: transport as unknown as NonNullable<FastifyHttpProxyOptions['undici']>,
    routes: ['/'],
    httpMethods: ['GET'],
    proxyPayloads: false,
    retryMethods: [],
    disableRequestLogging: true,
    handler(_request, reply) {
      reply.from('/', {
        rewriteRequestHeaders: (request) => ({ [PASSAGE]: passageOf(request.raw) }),
        onError: (failed) => failed.hijack(),
      });
    },
  };
}
