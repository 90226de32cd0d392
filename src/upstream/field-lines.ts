// What do the field lines of a message say (RFC 9112 5)?

import { malformed } from './answer-fault.ts';

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 5.5: no control byte but the tab. */
const ILLEGAL_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** Names seen, by their spelling, in lower case: services send the same few. A flood costs a fresh start, not memory. */
const REMEMBERED_NAMES = 1024;
const REMEMBERED_NAME_LENGTH = 64;
const remembered = new Map<string, string>();

/** The name in lower case. Throws an AnswerFault for what is none. */
export function foldFieldName(name: string): string {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  // No white space before the colon, and no line that goes on with another (RFC 9112 5.1, 5.2).
  if (!NAME.test(name)) malformed('a field without a name');
  const folded = name.toLowerCase();
  if (name.length <= REMEMBERED_NAME_LENGTH) {
    if (remembered.size >= REMEMBERED_NAMES) remembered.clear();
    remembered.set(name, folded);
  }
  return folded;
}

/**
 * Reads the lines of `text` from `start` on, each of which ends in CR LF. `take` gets each field; `folded` is its name in
 * lower case. Throws an AnswerFault.
 */
export function readFieldLines(
  text: string,
  start: number,
  take: (name: string, value: string, folded: string) => void,
): void {
  for (let at = start; at < text.length; ) {
    const end = text.indexOf('\r\n', at);
    const colon = text.indexOf(':', at);
    if (end < 0 || colon < 0 || colon > end) malformed('a line that is no field');
    const name = text.slice(at, colon);
    const folded = foldFieldName(name);
    take(name, readValue(text, colon + 1, end), folded);
    at = end + 2;
  }
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
