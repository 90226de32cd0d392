// Which headers of an upstream's answer reach the client.

import { namedInConnection } from './hop-by-hop.ts';

/**
 * Gives the end-to-end headers of an answer, flat and in their order. `blocked`: as the stripper of the configuration says
 * of answers. An identity header that comes back would tell a client names it need not know, or teach a page to expect them.
 */
export function buildAnswerHeaders(raw: readonly string[], blocked: (name: string) => boolean): string[] {
  const headers: string[] = [];
  const removed = namedInConnection(raw);
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (blocked(name) || (removed.size > 0 && removed.has(name.toLowerCase()))) continue;
    headers.push(name, raw[index + 1] ?? '');
  }
  return headers;
}
