// What does the client see of the head of an answer?

import { buildAnswerHeaders } from '../headers/answer.ts';
import type { AnswerSide } from '../model/client-side.ts';
import type { Exchange } from '../model/exchange.ts';
import type { AnswerHead } from '../upstream/answer-head.ts';
import { announceTrailers } from './trailers.ts';

/** What RFC 9112 4 lets stand in a reason phrase; services send more. */
const REASON_PHRASE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The phrase as it may be written; empty where it may not. */
export function plainReason(message: string): string {
  return REASON_PHRASE.test(message) ? message : '';
}

/** The fields that the client gets, flat; what else frames the answer towards it is Node's. */
export function fieldsOfAnswer(head: AnswerHead, response: AnswerSide, exchange: Exchange): string[] {
  const { status, fields: raw, length, chunked } = head;
  const fields = buildAnswerHeaders(raw, exchange.answerBlocked);
  if (exchange.answerFields.length > 0) fields.push(...exchange.answerFields);
  // Trailers need a body in chunks on both sides (RFC 9112 7.1.2).
  if (chunked && head.body === 'chunked' && response.useChunkedEncodingByDefault) {
    fields.push(...announceTrailers(raw, exchange.answerBlocked));
  }
  // Behind all others: what follows it Node may write otherwise, see `putLengthLast`. None with a 204 (RFC 9110 8.6).
  if (length !== undefined && status !== 204) fields.push('Content-Length', String(length));
  return fields;
}

/** Events may be far apart: such an answer is not over because it is silent. */
export function isEventStream(fields: readonly string[]): boolean {
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] ?? '';
    if (name.length !== 'content-type'.length || name.toLowerCase() !== 'content-type') continue;
    return /^\s*text\/event-stream\s*(;|$)/i.test(fields[i + 1] ?? '');
  }
  return false;
}
