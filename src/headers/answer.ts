// Which headers of an upstream's answer reach the client.

import { isHopByHop, namedInConnection } from './hop-by-hop.ts';

/**
 * Gives the end-to-end headers of an answer, flat and in their order, without those that are blocked: an identity header
 * that comes back would tell a client names it need not know, or teach a page to expect them.
 */
export function buildAnswerHeaders(raw: readonly string[], blocked: (name: string) => boolean): string[] {
  const headers: string[] = [];
  const removed = namedInConnection(raw);
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const lower = name.toLowerCase();
    if (isHopByHop(lower) || removed.has(lower) || blocked(name)) continue;
    headers.push(name, raw[index + 1] ?? '');
  }
  return headers;
}
