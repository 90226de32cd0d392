// How does an answer of the upstream reach the client?

import type { IncomingMessage, OutgoingMessage, ServerResponse } from 'node:http';
import type { Exchange } from '../model/exchange.ts';
import { fieldValue, filterAnswerHeaders, filterTrailers } from './hop-by-hop.ts';

export interface Relay {
  /** A part of the body went on. */
  progress(): void;
  /** The answer ended before it was complete. */
  broken(): void;
}

/**
 * Writes status, fields, body and trailers, with back-pressure; framing towards the client is Node's. Throws when the
 * head holds bytes that cannot be written; nothing has been written then.
 */
export function relayAnswer(answer: IncomingMessage, response: ServerResponse, exchange: Exchange, relay: Relay): void {
  const status = answer.statusCode ?? 0;
  const chunked = fieldValue(answer.rawHeaders, 'transfer-encoding') !== undefined;
  const hasBody = exchange.method !== 'HEAD' && status !== 204 && status !== 304;
  const dropped: string[] = [];
  // RFC 9110 8.6: never with a 204. Trailers need a chunked body on both sides (RFC 9112 7.1.2).
  if (status === 204) dropped.push('content-length');
  if (!chunked || !hasBody || !response.useChunkedEncodingByDefault) dropped.push('trailer');
  const headers = filterAnswerHeaders(answer.rawHeaders, exchange.answerBlocked, dropped);
  response.writeHead(status, answer.statusMessage ?? '', headers);
  flushSoon(response);

  answer.on('data', relay.progress);
  answer.pipe(response, { end: false });
  answer.once('end', () => {
    if (chunked) response.addTrailers(filterTrailers(answer.rawTrailers, exchange.answerBlocked));
    response.end();
  });
  answer.on('error', () => {});
  answer.once('close', () => {
    if (!answer.complete || !answer.readableEnded) relay.broken();
  });
}

/** Sends the head without waiting for a body, yet in one piece with what of the body is there already. */
export function flushSoon(message: OutgoingMessage): void {
  setImmediate(() => {
    if (!message.destroyed && !message.writableEnded) message.flushHeaders();
  });
}
