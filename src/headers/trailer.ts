// Which trailers of a request must not reach an upstream.

import { isHopByHop } from './hop-by-hop.ts';
import type { Stripper } from './strip.ts';

/**
 * Fields that a recipient may merge into the head and act on: framing, routing, authentication, how the body is read
 * (RFC 9110 6.5.1). The conditions of RFC 9110 13 are left: they are judged before a trailer can come.
 */
const HEAD_ONLY: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'host',
  'max-forwards',
  'origin',
  'range',
  'set-cookie',
]);

/** Gives the test for one gateway configuration; `Exchange.trailerBlocked`. */
export function createTrailerFilter(stripper: Stripper): (name: string) => boolean {
  return (name) => {
    const lower = name.toLowerCase();
    return HEAD_ONLY.has(lower) || isHopByHop(lower) || stripper.blockedRequest(name);
  };
}
