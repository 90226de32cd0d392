// How does the answer to a declined upgrade reach the client?

import type { IncomingMessage, ServerResponse } from 'node:http';
import { buildAnswerHeaders } from '../headers/answer.ts';
import type { AnswerSide } from '../model/client-side.ts';
import type { Exchange } from '../model/exchange.ts';
import type { Refusal } from '../model/reasons.ts';
import { plainReason } from './answer-head.ts';
import { fieldValue, putLengthLast } from './message-fields.ts';
import { announceTrailers, filterTrailers } from './trailers.ts';

export interface Relay {
  /** A part of the body went on. */
  progress(): void;
  /** The answer ended before it was complete. */
  broken(): void;
}

/** Why an answer cannot be passed on; undefined when it can. */
export function findUnfit(answer: Pick<IncomingMessage, 'statusCode' | 'rawHeaders'>): Refusal | undefined {
  const status = answer.statusCode ?? 0;
  // Informational ones never come here but for a 101 that changes nothing; Node's parser takes any three digits.
  if (!(status >= 200 && status <= 599))
    return { code: 'upstream-failed', check: 'answer-status', note: String(status) };
  const coding = fieldValue(answer.rawHeaders, 'transfer-encoding');
  // We asked for no other (RFC 9112 7.4), and with the field the knowledge of it would be gone.
  if (coding === undefined || coding.trim().toLowerCase() === 'chunked') return undefined;
  return { code: 'upstream-failed', check: 'transfer-coding', note: coding };
}

/**
 * Writes status, fields, body and trailers, with back-pressure; framing towards the client is Node's. Throws when the
 * head cannot be written, which llhttp rules out; nothing has been written then.
 */
export function relayAnswer(answer: IncomingMessage, response: ServerResponse, exchange: Exchange, relay: Relay): void {
  answer.on('error', () => {});
  answer.once('close', () => {
    if (!answer.complete || !answer.readableEnded) relay.broken();
  });
  const message = plainReason(answer.statusMessage ?? '');
  response.writeHead(answer.statusCode ?? 0, message, answerFields(answer, response, exchange));
  if (answer.statusCode !== undefined) exchange.status = answer.statusCode;
  flushSoon(response);
  answer.on('data', relay.progress);
  answer.pipe(response, { end: false });
  answer.once('end', () => {
    response.addTrailers(filterTrailers(answer.rawTrailers, exchange.answerBlocked));
    response.end();
  });
}

/** The fields of an answer that the client gets, flat. */
export function answerFields(
  answer: Pick<IncomingMessage, 'statusCode' | 'rawHeaders'>,
  response: AnswerSide,
  exchange: Exchange,
): string[] {
  const status = answer.statusCode;
  const passed = buildAnswerHeaders(answer.rawHeaders, exchange.answerBlocked);
  const fields = putLengthLast([...passed, ...exchange.answerFields]);
  // RFC 9110 8.6: no length with a 204.
  if (status === 204 && fields.at(-2)?.toLowerCase() === 'content-length') fields.splice(-2);
  // Trailers need a body in chunks on both sides (RFC 9112 7.1.2).
  const hasBody = exchange.method !== 'HEAD' && status !== 204 && status !== 304;
  const chunked = fieldValue(answer.rawHeaders, 'transfer-encoding') !== undefined;
  if (!hasBody || !chunked || !response.useChunkedEncodingByDefault) return fields;
  return fields.concat(announceTrailers(answer.rawHeaders, exchange.answerBlocked));
}

/** Sends the head without waiting for a body, yet in one piece with what of the body is there already. */
export function flushSoon(message: Pick<AnswerSide, 'destroyed' | 'writableEnded' | 'flushHeaders'>): void {
  setImmediate(() => {
    if (!message.destroyed && !message.writableEnded) message.flushHeaders();
  });
}
