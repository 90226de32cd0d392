// Which addresses may be asked for revocation, and how are they named in the log?

import { isIP } from 'node:net';
import { canonicalHost } from '../policy/canonical-host.ts';
import { createHostTable } from '../policy/host-table.ts';

/** Longest address in a line of the log; certificates may hold much longer ones. */
const MAX_NAMED = 200;

/** Whether an entry of `crl` is an address and not a file. */
export function isAddress(entry: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(entry);
}

/** undefined: no http or https address, or one with a user or a password, which nobody is sent. */
export function readWebAddress(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  return url.username === '' && url.password === '' && canonicalHost(url.hostname) !== undefined ? url : undefined;
}

/**
 * Why an address that a certificate names is not asked; undefined when it may be. An entry of `allowHosts` is a host or
 * `*.suffix` (one label), for the ports 80 (http) and 443 (https), or either with a port. IP addresses have to be listed
 * themselves, in any spelling.
 */
export function findObjection(text: string, allowHosts: readonly string[]): string | undefined {
  const url = readWebAddress(text);
  if (url === undefined) return 'it is no http or https address without user and password';
  const host = canonicalHost(url.hostname) ?? '';
  const port = portOf(url);
  const entries = allowHosts.map(readEntry).filter((entry) => isIP(host) === 0 || entry.host === host);
  const defaultPort = url.protocol === 'https:' ? 443 : 80;
  const here = entries.filter((entry) => (entry.port ?? defaultPort) === port);
  const isListed = createHostTable(here.map((entry) => [entry.host, true])).find(host) === true;
  return isListed ? undefined : '`allowHosts` does not name its host and port';
}

/** The host as it stands in a URL, where the address of one server has one spelling. */
function readEntry(entry: string): { readonly host: string; readonly port: number | undefined } {
  const [, name = '', port] = /^(.*?)(?::(\d{1,5}))?$/.exec(entry) ?? [];
  const host = name.startsWith('*.') ? name.toLowerCase() : (URL.parse(`http://${name}`)?.hostname ?? name);
  return { host, port: port === undefined ? undefined : Number(port) };
}

/** For log and status: without user, password, query and fragment, which may hold secrets; bounded. */
export function nameAddress(text: string): string {
  const url = URL.parse(text);
  if (url === null) return 'an address that cannot be read';
  const { protocol, host, pathname } = url;
  return `${protocol}//${host}${pathname}`.slice(0, MAX_NAMED);
}

export function portOf({ protocol, port }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}
