// Which headers an upstream gets with a request, in which order. HTTP requests and WebSocket upgrades alike.

import { isHopByHop, namedInConnection } from './hop-by-hop.ts';
import type { Stripper } from './strip.ts';

export interface RequestHeadersInput {
  /** As the client sent them: name, value, name, value ... */
  readonly raw: readonly string[];
  readonly stripper: Stripper;
  /** Value of the Host header to send. */
  readonly host: string;
  /** What the X-Forwarded headers say; who may add to them is the gate's to decide. */
  readonly forwarded: { readonly for: string; readonly proto: 'https' | 'http'; readonly host: string };
  readonly requestId: string;
  /** From the identity writer; last, and after everything a client could name in Connection. */
  readonly identity: readonly string[];
}

/** Gives a flat list of all end-to-end headers. `Connection`, `Upgrade` and framing are the proxy's to add. */
export function buildRequestHeaders(input: RequestHeadersInput): string[] {
  const { raw, stripper, forwarded } = input;
  const headers = ['Host', input.host];
  const removed = namedInConnection(raw);
  let takesTrailers = false;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    const lower = name.toLowerCase();
    if (lower === 'te') takesTrailers ||= acceptsTrailers(value);
    if (isSetHere(lower) || isHopByHop(lower) || removed.has(lower) || stripper.blockedRequest(name)) continue;
    headers.push(name, value);
  }
  if (takesTrailers) headers.push('TE', 'trailers');
  headers.push('X-Forwarded-For', forwarded.for);
  headers.push('X-Forwarded-Proto', forwarded.proto);
  headers.push('X-Forwarded-Host', forwarded.host);
  headers.push('X-Request-Id', input.requestId);
  headers.push(...input.identity);
  return headers;
}

/** Host is ours; Expect was answered by the gate; pseudo-headers of HTTP/2 are no fields (RFC 9113 8.3). */
function isSetHere(lower: string): boolean {
  return lower === 'host' || lower === 'expect' || lower.startsWith(':');
}

/** RFC 9110 10.1.4. gRPC services insist on `trailers`; transfer codings of the client's hop are not ours to pass on. */
function acceptsTrailers(value: string): boolean {
  return value.split(',').some((coding) => coding.trim().toLowerCase() === 'trailers');
}
