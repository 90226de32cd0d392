// What do the field lines of a message say (RFC 9112 5)?

import { remembering } from '../model/remembering.ts';
import { malformed } from './answer-fault.ts';

/** What names of fields and methods are made of (RFC 9110 5.6.2). */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 5.5: no control byte but the tab. */
export const ILLEGAL_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

export interface FieldLine {
  readonly name: string;
  /** The name in lower case. */
  readonly folded: string;
  /** Without the white space around it. */
  readonly value: string;
}

/** Services send the same few lines again and again. */
const LONGEST_REMEMBERED_LINE = 128;
const readFieldLine = remembering(parseFieldLine, LONGEST_REMEMBERED_LINE);

/** Reads the lines of `text` from `start` on, each of which ends in CR LF. Throws an AnswerFault. */
export function readFieldLines(text: string, start: number, take: (line: FieldLine) => void): void {
  for (let at = start; at < text.length; ) {
    const end = text.indexOf('\r\n', at);
    if (end < 0) malformed('a line that is no field');
    take(readFieldLine(text.slice(at, end)));
    at = end + 2;
  }
}

function parseFieldLine(text: string): FieldLine {
  const colon = text.indexOf(':');
  const name = text.slice(0, Math.max(0, colon));
  // No white space before the colon, and no line that goes on with another (RFC 9112 5.1, 5.2).
  if (!TOKEN.test(name)) malformed('a line that is no field');
  return { name, folded: name.toLowerCase(), value: readValue(text, colon + 1, text.length) };
}

/** Without the white space around it (RFC 9110 5.5). */
function readValue(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  const value = text.slice(start, end);
  if (ILLEGAL_IN_VALUE.test(value)) malformed('a control byte in a field');
  return value;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
