// What does the head of an answer say, and where does its body end (RFC 9112 6.3, without its leniencies)?

import { remembering } from '../model/remembering.ts';
import { AnswerFault, malformed } from './answer-fault.ts';
import { type FieldLine, readFieldLines } from './field-lines.ts';

export interface AnswerHead {
  /** From 100 to 599, but not 101. */
  readonly status: number;
  /** As it came; may hold bytes that must not be written. */
  readonly message: string;
  /** All fields but Content-Length and Transfer-Encoding, as they came: name, value, name, value ... */
  readonly fields: readonly string[];
  /** As announced, also where there is no body; undefined where no length was. */
  readonly length: number | undefined;
  readonly chunked: boolean;
  readonly body: 'none' | 'length' | 'chunked' | 'until-end';
  /** Whether another request may follow on the connection. */
  readonly persistent: boolean;
  /** How long the service says that it keeps an unused connection, in ms. */
  readonly keepAliveMs: number | undefined;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([0-9]{3})(?: ([^\r\n]*))?$/;
const LONGEST_REMEMBERED_LINE = 128;

/** A length of 15 digits is below 2^53. */
const LENGTH = /^[0-9]{1,15}$/;

/** The fields that frame a message or belong to its connection. */
interface Framing {
  lengths: number;
  length: number;
  coding: string | undefined;
  close: boolean;
  keepAliveMs: number | undefined;
}

/**
 * Reads a head, of which `text` has every line with its CR LF, without the empty one. `method`: of the request. Throws an
 * AnswerFault.
 */
export function readAnswerHead(text: string, method: string): AnswerHead {
  const end = text.indexOf('\r\n');
  const { isOld, status, message } = readStatusLine(text.slice(0, end));
  const fields: string[] = [];
  const framing: Framing = { lengths: 0, length: 0, coding: undefined, close: isOld, keepAliveMs: undefined };
  readFieldLines(text, end + 2, (line) => {
    if (!readFraming(framing, line)) fields.push(line.name, line.value);
  });
  const { lengths, length, coding, close, keepAliveMs } = framing;
  // Two lengths, even equal ones, or a length beside a coding: somebody on the way may read another end (RFC 9112 6.3).
  if (lengths > 1) malformed('two lengths');
  if (coding !== undefined && lengths > 0) malformed('a length and a transfer coding');
  if (coding !== undefined && isOld) malformed('a transfer coding of HTTP/1.0');
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') throw new AnswerFault('transfer-coding', coding);
  const chunked = coding !== undefined;
  const body = bodyOf(status, method, chunked, lengths);
  // A service that tells of a body where none may be (RFC 9112 6.3) sometimes sends it, a moment later: it would stand
  // before the next answer. Sound ones tell of it with HEAD only, and a new connection behind that is the price.
  const promisesBody = body === 'none' && (chunked || length > 0);
  return {
    status,
    message,
    fields,
    length: lengths === 0 ? undefined : length,
    chunked,
    body,
    persistent: !close && body !== 'until-end' && !promisesBody,
    keepAliveMs,
  };
}

interface StatusLine {
  /** HTTP/1.0. */
  readonly isOld: boolean;
  readonly status: number;
  readonly message: string;
}

const readStatusLine = remembering(parseStatusLine, LONGEST_REMEMBERED_LINE);

function parseStatusLine(text: string): StatusLine {
  const line = STATUS_LINE.exec(text);
  if (line === null) return malformed('no status line of HTTP/1.x');
  const [, minor, digits = '', message = ''] = line;
  const status = Number(digits);
  // 101 answers upgrades only, and none was asked for.
  if (status < 100 || status > 599 || status === 101) throw new AnswerFault('answer-status', digits);
  return { isOld: minor === '0', status, message };
}

/** Notes a field of framing; false for any other. What belongs to the connection stays among the fields. */
function readFraming(framing: Framing, { folded, value }: FieldLine): boolean {
  switch (folded) {
    case 'content-length':
      if (!LENGTH.test(value)) malformed('a length that is none');
      framing.lengths++;
      framing.length = Number(value);
      return true;
    case 'transfer-encoding':
      framing.coding = framing.coding === undefined ? value : `${framing.coding}, ${value}`;
      return true;
    case 'connection':
      framing.close ||= /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i.test(value);
      return false;
    case 'keep-alive': {
      const seconds = /(?:^|[,; \t])timeout=([0-9]{1,9})/i.exec(value)?.[1];
      if (seconds !== undefined) framing.keepAliveMs = Number(seconds) * 1000;
      return false;
    }
    default:
      return false;
  }
}

function bodyOf(status: number, method: string, chunked: boolean, lengths: number): AnswerHead['body'] {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 'none';
  if (chunked) return 'chunked';
  return lengths > 0 ? 'length' : 'until-end';
}
