// What does the head of a request look like on the wire?

import type { Exchange } from '../model/exchange.ts';
import { ILLEGAL_IN_VALUE, TOKEN } from '../upstream/field-lines.ts';

/** What ends a request target, or has no byte. */
const ILLEGAL_IN_TARGET = /[^\x21-\xff]/;

/** Lines of identities, by their lists: written once for each client and upstream. */
const identityLines = new WeakMap<readonly string[], string>();

/**
 * The head as bytes, one in each character: the exchange's fields, and the framing of a body in chunks. Throws for what
 * cannot be written; the gate rules it out, but nothing would be worse than a head that holds two.
 */
export function writeRequestHead(exchange: Exchange, chunked: boolean): string {
  const { method, upstreamPath, fields, identity } = exchange;
  if (!TOKEN.test(method) || ILLEGAL_IN_TARGET.test(upstreamPath)) throw new Error('no request line can hold this');
  let tail = chunked ? 'Transfer-Encoding: chunked\r\n\r\n' : '\r\n';
  // RFC 9110 10.1.4: whoever sends TE says that it is for this connection only.
  if (hasTrailerOffer(fields)) tail = `Connection: TE\r\n${tail}`;
  return `${method} ${upstreamPath} HTTP/1.1\r\n${writeLines(fields)}${linesOf(identity)}${tail}`;
}

function linesOf(identity: readonly string[]): string {
  let lines = identityLines.get(identity);
  if (lines === undefined) {
    // In one piece: a string that was put together from parts would be put together again with every request.
    lines = Buffer.from(writeLines(identity), 'latin1').toString('latin1');
    identityLines.set(identity, lines);
  }
  return lines;
}

function writeLines(fields: readonly string[]): string {
  let lines = '';
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] ?? '';
    const value = fields[i + 1] ?? '';
    if (!TOKEN.test(name) || ILLEGAL_IN_VALUE.test(value)) throw new Error(`no field can hold this: ${name}`);
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

function hasTrailerOffer(fields: readonly string[]): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] ?? '';
    if (name.length === 2 && name.toLowerCase() === 'te') return true;
  }
  return false;
}
