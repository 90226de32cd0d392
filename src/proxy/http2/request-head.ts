// The head of a request to a service by HTTP/2.

import { isHopByHop } from '../../headers/hop-by-hop.ts';
import type { Exchange } from '../../model/exchange.ts';
import { fieldValue } from '../message-fields.ts';
import type { Upstream } from '../upstream.ts';

/** Names in lower case (RFC 9113 8.2); Host is `:authority`. */
export function requestHead({ method, upstreamPath, fields, identity }: Exchange, { tls }: Upstream): string[] {
  const headers = [...fields, ...identity];
  const head = [':method', method, ':scheme', tls === undefined ? 'http' : 'https', ':path', upstreamPath];
  head.push(':authority', fieldValue(headers, 'host') ?? '');
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index]?.toLowerCase() ?? '';
    if (name !== 'host' && (name === 'te' || !isHopByHop(name))) head.push(name, headers[index + 1] ?? '');
  }
  return head;
}
