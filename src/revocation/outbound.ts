// Asks servers outside over HTTP: one bounded exchange, in which they can do nothing but answer.

import { type IncomingMessage, request as startRequest } from 'node:http';
import type { Socket } from 'node:net';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { connect, describeError, MAX_HEAD_BYTES, type Route } from './outbound-connection.ts';
import type { Outbound, OutboundAnswer, OutboundRequest } from './outbound-types.ts';
import { readWebAddress } from './web-address.ts';

export interface OutboundInput {
  /** A plain http proxy. Nothing is taken from the environment. */
  readonly proxy?: string | undefined;
  /** Who vouches for https servers, PEM; left out: the public authorities and those of the system. */
  readonly authorities?: readonly string[];
}

/** An OCSP answer fits, and so do small lists. */
const FIRST_BODY_BYTES = 16 * 1024;

/** No redirects, cookies, credentials or compression; no connection is used twice. */
export function createOutbound({ proxy, authorities }: OutboundInput = {}): Outbound {
  const proxyUrl = proxy === undefined ? undefined : new URL(proxy);
  let context: SecureContext | undefined;
  /** Made at the first use: reading the authorities of the system takes time, and most lists come by http. */
  const secureContext = (): SecureContext => {
    // Said in so many words, because the gateway empties Node's default for listeners (pitfalls A7).
    context ??= createSecureContext({
      ca: [...(authorities ?? [...getCACertificates('bundled'), ...getCACertificates('system')])],
    });
    return context;
  };

  return async (request) => {
    const target = readWebAddress(request.url);
    if (target === undefined) return failure('no http or https address without user and password');
    const { timeLimitMs, signal: givenUp } = request;
    const ending = new AbortController();
    const { promise, resolve, reject } = Promise.withResolvers<OutboundAnswer>();
    // Also what cannot be broken off, as the look-up of a name, is waited for no longer.
    const timer = setTimeout(() => resolve(failure(`no complete answer within ${timeLimitMs} ms`)), timeLimitMs);
    const giveUp = () => resolve(failure('it was given up'));
    givenUp?.addEventListener('abort', giveUp);
    if (givenUp?.aborted === true) giveUp();
    else exchange(request, { target, proxy: proxyUrl, secureContext, signal: ending.signal }).then(resolve, reject);
    return promise.finally(() => {
      clearTimeout(timer);
      givenUp?.removeEventListener('abort', giveUp);
      ending.abort();
    });
  };
}

async function exchange(request: OutboundRequest, route: Route): Promise<OutboundAnswer> {
  const connection = await connect(route);
  if (!connection.ok) return connection;
  const { promise, resolve } = Promise.withResolvers<OutboundAnswer>();
  const sent = send(connection.socket, request, route);
  sent.on('error', (error) => resolve(failure(`broke off (${describeError(error)})`)));
  sent.on('close', () => resolve(failure('closed the connection without an answer')));
  sent.on('upgrade', () => resolve(failure('answered with status 101')));
  sent.on('response', (response) => {
    const problem = findHeadProblem(response, request);
    resolve(problem === undefined ? readBody(response, request.maxBytes) : failure(problem));
  });
  sent.end(request.body);
  return promise;
}

function send(socket: Socket, { method, headers }: OutboundRequest, { target, proxy }: Route) {
  const path = `${target.pathname}${target.search}`;
  return startRequest({
    createConnection: () => socket,
    method,
    // RFC 9112 3.2.2: the absolute form is for proxies; in a tunnel there is none any more.
    path: proxy !== undefined && target.protocol === 'http:' ? `${target.origin}${path}` : path,
    headers: {
      ...headers,
      host: target.host,
      connection: 'close',
      'user-agent': 'portcullis',
      'accept-encoding': 'identity',
    },
    maxHeaderSize: MAX_HEAD_BYTES,
    insecureHTTPParser: false,
  });
}

/** What is wrong before a single byte of the body is read. */
function findHeadProblem(
  response: IncomingMessage,
  { headers = {}, maxBytes, anySuccess }: OutboundRequest,
): string | undefined {
  const { statusCode = 0, headers: received } = response;
  const isConditional = 'if-none-match' in headers || 'if-modified-since' in headers;
  const isSuccess = statusCode === 200 || (anySuccess === true && statusCode >= 200 && statusCode < 300);
  if (!isSuccess && !(statusCode === 304 && isConditional)) return `answered with status ${statusCode}`;
  // Asked for without; whoever packs all the same may unpack to anything (RFC 9110 12.5.3).
  const encoding = received['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') return 'answered with a content encoding';
  return Number(received['content-length'] ?? 0) > maxBytes ? tooLong(maxBytes) : undefined;
}

function readBody(response: IncomingMessage, maxBytes: number): Promise<OutboundAnswer> {
  const { promise, resolve } = Promise.withResolvers<OutboundAnswer>();
  // Copied into one buffer that grows: a body that comes octet by octet must not cost an object for each of them.
  let body = Buffer.alloc(FIRST_BODY_BYTES);
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    const end = bytes + chunk.length;
    if (end > maxBytes) return resolve(failure(tooLong(maxBytes)));
    if (end > body.length) body = Buffer.concat([body], Math.max(end, Math.min(2 * body.length, maxBytes)));
    chunk.copy(body, bytes);
    bytes = end;
  });
  response.on('error', (error) => resolve(failure(`broke off (${describeError(error)})`)));
  response.on('end', () => {
    const { statusCode: status = 0, headers } = response;
    resolve({
      ok: true,
      status,
      body: body.subarray(0, bytes),
      contentType: headers['content-type'],
      etag: headers.etag,
      lastModified: headers['last-modified'],
    });
  });
  return promise;
}

function tooLong(maxBytes: number): string {
  return `the answer is longer than ${maxBytes} bytes`;
}

function failure(why: string): OutboundAnswer {
  return { ok: false, why };
}
