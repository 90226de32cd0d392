// Which headers an upstream gets with a request, in which order. HTTP requests and WebSocket upgrades alike.

import { namedInConnection } from './hop-by-hop.ts';
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
}

/**
 * Gives a flat list of the end-to-end headers. Behind them go those of the identity writer, which nothing a client names
 * in Connection can take away; `Connection`, `Upgrade` and framing are the proxy's to add.
 */
export function buildRequestHeaders(input: RequestHeadersInput): string[] {
  const { raw, stripper, forwarded } = input;
  const headers = ['Host', input.host];
  const removed = namedInConnection(raw);
  let takesTrailers = false;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    if (stripper.endsHere(name)) {
      if (name.length === 2 && name.toLowerCase() === 'te') takesTrailers ||= acceptsTrailers(value);
    } else if (removed.size === 0 || !removed.has(name.toLowerCase())) {
      headers.push(name, value);
    }
  }
  if (takesTrailers) headers.push('TE', 'trailers');
  headers.push('X-Forwarded-For', forwarded.for, 'X-Forwarded-Proto', forwarded.proto);
  headers.push('X-Forwarded-Host', forwarded.host, 'X-Request-Id', input.requestId);
  return headers;
}

/** RFC 9110 10.1.4. gRPC services insist on `trailers`; transfer codings of the client's hop are not ours to pass on. */
function acceptsTrailers(value: string): boolean {
  return value.split(',').some((coding) => coding.trim().toLowerCase() === 'trailers');
}
