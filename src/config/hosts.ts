// Names of hosts in the configuration: their canonical form, and which server certificate covers which.

import { isIPv6 } from 'node:net';
import { canonicalHost } from '../policy/canonical-host.ts';

/** Lower case, no trailing dot; `*.suffix` and `*` stay wildcards, IPv6 gets brackets. undefined: no name of a host. */
export function normalizeHost(text: string): string | undefined {
  if (text === '*') return text;
  if (text.startsWith('*.')) {
    const suffix = canonicalHost(text.slice(2));
    return suffix === undefined ? undefined : `*.${suffix}`;
  }
  return canonicalHost(isIPv6(text) ? `[${text}]` : text);
}

/** Whether a certificate for `names` is good for `host` (RFC 9525 6.3): the wildcard stands for one whole label. */
export function coversHost(names: readonly string[], host: string): boolean {
  if (names.includes(host)) return true;
  const dot = host.indexOf('.');
  return !host.startsWith('*') && dot > 0 && names.includes(`*${host.slice(dot)}`);
}
