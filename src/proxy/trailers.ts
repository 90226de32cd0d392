// Which trailers go on, in either direction?

import { isHopByHop } from '../headers/hop-by-hop.ts';
import { fieldValue, listNames } from './message-fields.ts';

/** Framing and routing: never in a trailer section (RFC 9110 6.5.1). */
const NEVER_TRAILER: ReadonlySet<string> = new Set(['content-length', 'host']);

/** The trailers of a message that may go on, as pairs for `addTrailers`. */
export function filterTrailers(raw: readonly string[], blocked: (name: string) => boolean): [string, string][] {
  const kept: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (mayTrail(name.toLowerCase(), blocked)) kept.push([name, raw[i + 1] ?? '']);
  }
  return kept;
}

/** The `Trailer` field that announces those which may go on; empty when none was announced. Flat list. */
export function announceTrailers(raw: readonly string[], blocked: (name: string) => boolean): string[] {
  const names = listNames(fieldValue(raw, 'trailer') ?? '').filter((name) => mayTrail(name, blocked));
  return names.length === 0 ? [] : ['Trailer', names.join(', ')];
}

function mayTrail(name: string, blocked: (name: string) => boolean): boolean {
  return !isHopByHop(name) && !NEVER_TRAILER.has(name) && !blocked(name);
}
