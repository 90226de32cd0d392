// The one canonical form of a host (design rule 5): from SNI, Host, `:authority`, and of the hosts in the configuration.

import { isIPv6 } from 'node:net';
import { remembering } from '../model/remembering.ts';

export interface Authority {
  /** Lower case, no trailing dot, no port; an IPv6 address in brackets. What sites are chosen by. */
  readonly host: string;
  /** `host`, and the port where it is not the default one. */
  readonly authority: string;
}

const LONGEST_NAME = 253;
const NAME = /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/;

/**
 * Reads `host [":" port]` (RFC 9110 7.2, RFC 3986 3.2). Anything that is not plainly a DNS name or an IP address gives
 * undefined: userinfo, lists, escapes, empty labels, white space. The port of https is left out of the result.
 */
export const canonicalAuthority = remembering(parseAuthority, LONGEST_NAME);

const DEFAULT_PORT = 443;

function parseAuthority(text: string): Authority | undefined {
  const split = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(text);
  if (split === null) return undefined;
  const host = canonicalHost(split[1] ?? '');
  if (host === undefined) return undefined;
  if (split[2] === undefined) return { host, authority: host };
  const port = Number(split[2]);
  if (port < 1 || port > 65535) return undefined;
  return { host, authority: port === DEFAULT_PORT ? host : `${host}:${port}` };
}

/** A DNS name or an IP address in its canonical form: case folded, one trailing dot removed. */
export function canonicalHost(text: string): string | undefined {
  const folded = text.toLowerCase();
  if (folded.startsWith('[')) {
    const address = folded.slice(1, -1);
    return folded.endsWith(']') && isIPv6(address) && !address.includes('%') ? canonicalIpv6(address) : undefined;
  }
  const name = folded.endsWith('.') ? folded.slice(0, -1) : folded;
  return name.length <= LONGEST_NAME && NAME.test(name) ? name : undefined;
}

/** RFC 5952 form in brackets, so that two spellings of one address lead to one site. */
function canonicalIpv6(address: string): string {
  return new URL(`http://[${address}]`).hostname;
}
