// Is the message itself sound, and what does it ask for?
//
// Reads `rawHeaders` only: Node's `headers` has merged and dropped what we must see.

import { METHODS } from 'node:http';
import type { ReasonCode, Refusal } from '../model/reasons.ts';
import type { RequestHead } from './visitor.ts';

export interface RequestLimits {
  readonly headers: number;
  readonly bodyBytes: number;
}

/** What a request asks for, as it stood on the wire: enough to judge it again under other rules. */
export interface Asked {
  readonly host: string;
  /** The request target. */
  readonly url: string;
  /** The request is a WebSocket handshake. */
  readonly webSocket: boolean;
  /** All Origin fields. */
  readonly origins: readonly string[];
}

/** `versions`: those of the door, as `httpVersion` writes them. */
export function readRequest(
  request: RequestHead,
  versions: ReadonlySet<string>,
  limits: RequestLimits,
): Asked | Refusal {
  if (!versions.has(request.httpVersion)) return refuse('version-not-supported', 'version', request.httpVersion);
  const fields = fieldsOf(request.rawHeaders);
  const malformed = checkMessage(request, fields, limits);
  if (malformed !== undefined) return malformed;
  const { host, origin } = fields;
  return { host: host[0] ?? '', url: request.url ?? '', webSocket: isWebSocketHandshake(request), origins: origin };
}

/** Node's parser reads the methods of RTSP as well, which are none of HTTP. */
const FORWARDED: ReadonlySet<string> = new Set(METHODS.filter((method) => method !== 'CONNECT' && method !== 'TRACE'));

/** What each door is told of: a request line may also say `HTTP/2.0`, and is none of HTTP/2 for it. */
export const HTTP1_VERSIONS: ReadonlySet<string> = new Set(['1.0', '1.1']);
export const HTTP2_VERSIONS: ReadonlySet<string> = new Set(['2.0']);

interface Fields {
  readonly count: number;
  host: string[];
  contentLength: string[];
  transferEncoding: string[];
  expect: string[];
  upgrade: string[];
  origin: string[];
}

/** Most requests have one or none of each: a list is made for the first. */
const NONE: string[] = [];

function add(values: string[], value: string): string[] {
  if (values === NONE) return [value];
  values.push(value);
  return values;
}

function fieldsOf(raw: readonly string[]): Fields {
  const fields: Fields = {
    count: raw.length / 2,
    host: NONE,
    contentLength: NONE,
    transferEncoding: NONE,
    expect: NONE,
    upgrade: NONE,
    origin: NONE,
  };
  for (let index = 0; index < raw.length; index += 2) {
    const value = raw[index + 1] ?? '';
    switch (raw[index]?.toLowerCase()) {
      case 'host':
        fields.host = add(fields.host, value);
        break;
      case 'content-length':
        fields.contentLength = add(fields.contentLength, value);
        break;
      case 'transfer-encoding':
        fields.transferEncoding = add(fields.transferEncoding, value);
        break;
      case 'expect':
        fields.expect = add(fields.expect, value);
        break;
      case 'upgrade':
        fields.upgrade = add(fields.upgrade, value);
        break;
      case 'origin':
        fields.origin = add(fields.origin, value);
        break;
    }
  }
  return fields;
}

function checkMessage(request: RequestHead, fields: Fields, limits: RequestLimits): Refusal | undefined {
  const { httpVersion, method } = request;
  if (!FORWARDED.has(method ?? '')) return refuse('method-not-supported', 'method', method ?? '');
  if (fields.count > limits.headers) return refuse('headers-too-large', 'headers', `${fields.count} fields`);
  if (fields.host.length !== 1) return refuse('request-invalid', 'host', `${fields.host.length} Host fields`);
  return (
    checkFraming(httpVersion, fields, limits) ?? checkExpectation(httpVersion, fields) ?? checkUpgrade(request, fields)
  );
}

/** RFC 9112 6.3, without its leniencies: one length or one `chunked`, plainly written. */
function checkFraming(version: string, fields: Fields, limits: RequestLimits): Refusal | undefined {
  const { contentLength, transferEncoding } = fields;
  if (contentLength.length + transferEncoding.length > 1) {
    return refuse('request-invalid', 'framing', 'more than one Content-Length or Transfer-Encoding');
  }
  const [coding] = transferEncoding;
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || version === '1.0')) {
    return refuse('request-invalid', 'framing', 'a Transfer-Encoding other than chunked on HTTP/1.1');
  }
  const [length] = contentLength;
  if (length === undefined) return undefined;
  if (!/^(0|[1-9]\d{0,15})$/.test(length)) return refuse('request-invalid', 'framing', 'an odd Content-Length');
  return Number(length) > limits.bodyBytes ? refuse('body-too-large', 'body', `${length} bytes`) : undefined;
}

function checkExpectation(version: string, { expect }: Fields): Refusal | undefined {
  if (expect.length === 0 || version === '1.0') return undefined;
  const plain = expect.length === 1 && expect[0]?.toLowerCase() === '100-continue';
  return plain ? undefined : refuse('expectation-failed', 'expect', 'an expectation other than 100-continue');
}

/** A WebSocket handshake that is none is refused and not taken for a plain request (design rule 12). */
function checkUpgrade(request: RequestHead, { upgrade }: Fields): Refusal | undefined {
  const asksForWebSocket = upgrade.some((value) => value.toLowerCase().includes('websocket'));
  return asksForWebSocket && !isWebSocketHandshake(request)
    ? refuse('request-invalid', 'upgrade', 'a WebSocket handshake must be a GET of HTTP/1.1 without a body')
    : undefined;
}

/** RFC 6455 4.1: GET, HTTP/1.1, `Upgrade: websocket`, `Connection` names it; and no body. */
export function isWebSocketHandshake(request: RequestHead): boolean {
  const { method, httpVersion, headers } = request;
  const names = (value: string | undefined, token: string) =>
    value?.split(',').some((part) => part.trim().toLowerCase() === token) === true;
  return (
    method === 'GET' &&
    httpVersion === '1.1' &&
    headers.upgrade?.trim().toLowerCase() === 'websocket' &&
    names(headers.connection, 'upgrade') &&
    headers['transfer-encoding'] === undefined &&
    (headers['content-length'] ?? '0') === '0'
  );
}

function refuse(code: ReasonCode, check: string, note: string): Refusal {
  return { code, check, note };
}
