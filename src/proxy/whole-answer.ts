// How does an answer go out that is there as a whole? Past the making of heads of Node's response, which costs as much as
// to judge the request.

import type { ServerResponse } from 'node:http';
import { systemClock } from '../model/clock.ts';
import { freeMemory, isAllOfItsMemory } from '../upstream/free-bytes.ts';

/** What is not public of Node's response: a head that is set and said to be sent is not made again. */
interface Inside {
  _header: string;
  _headerSent: boolean;
  readonly _keepAliveTimeout: number;
}

/**
 * Writes head and body in one piece; false: it has to go Node's way, for no answer may follow it, or it has begun.
 * The fields are written as they are, `Content-Length` is one of them. They say what Node would have them say besides.
 */
export function sendWhole(
  response: ServerResponse,
  status: number,
  message: string,
  fields: readonly string[],
  body: Uint8Array,
): boolean {
  if (!response.shouldKeepAlive || response.headersSent) return false;
  const inside = response as unknown as Inside;
  const head = writeHead(status, message, fields, inside._keepAliveTimeout);
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, 'latin1');
  bytes.set(body, head.length);
  response.statusCode = status;
  inside._header = head;
  inside._headerSent = true;
  response.end(bytes);
  if (isAllOfItsMemory(bytes)) response.once('finish', () => freeMemory(bytes.buffer));
  return true;
}

function writeHead(status: number, message: string, fields: readonly string[], keepAliveMs: number): string {
  let head = `HTTP/1.1 ${status} ${message}\r\n`;
  let isDated = false;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] ?? '';
    isDated ||= name.length === 4 && name.toLowerCase() === 'date';
    head += `${name}: ${fields[i + 1]}\r\n`;
  }
  if (!isDated) head += dateLine();
  if (keepAliveMs > 0)
    return `${head}Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveMs / 1000)}\r\n\r\n`;
  return `${head}Connection: keep-alive\r\n\r\n`;
}

let datedSecond = 0;
let date = '';

/** RFC 9110 6.6.1. Put into text once a second. */
function dateLine(): string {
  const second = Math.floor(systemClock() / 1000);
  if (second !== datedSecond) {
    datedSecond = second;
    date = `Date: ${new Date(second * 1000).toUTCString()}\r\n`;
  }
  return date;
}
