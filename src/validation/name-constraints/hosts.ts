// Which host does a DNS name, a mail address, a principal or a URI name? Strictly: what is doubtful names none.

/** `local` is what stands before the `@`; undefined where nothing does. */
export interface HostName {
  readonly host: string;
  readonly local: string | undefined;
}

/** RFC 1123 2.1 with the underscore that hosts of the real world have; at most 253 octets, without a final dot. */
const HOST = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/;

/** Dot-atom and quoted string of RFC 5321 4.1.2. */
const DOT_ATOM = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i;
const QUOTED = /^"((?:[^"\\]|\\.)+)"$/;

/** scheme "://" [ userinfo "@" ] host [ ":" port ], then path, query or fragment (RFC 3986 3). */
const URI = /^[a-z][a-z0-9+.-]*:\/\/(?:[a-z0-9._~!$&'()*+,;=:%-]*@)?([^/?#@:]+)(?::\d*)?(?:[/?#].*)?$/i;

/** Readers of URIs take a host that ends in a number for an IPv4 address. */
const ENDS_IN_NUMBER = /(^|\.)(\d+|0x[0-9a-f]*)$/;

/** Lower case, or undefined. */
export function readHost(text: string): string | undefined {
  const host = text.toLowerCase();
  return HOST.test(host) ? host : undefined;
}

/** A host, or `*.` before one (RFC 9525 6.3). */
export function readDnsName(text: string): HostName | undefined {
  const isWildcard = text.startsWith('*.');
  const host = readHost(isWildcard ? text.slice(2) : text);
  return host === undefined ? undefined : { host: isWildcard ? `*.${host}` : host, local: undefined };
}

/** RFC 5321 4.1.2 Mailbox; the local part in its own case and without quotes. Address literals name no host. */
export function readMailbox(text: string): HostName | undefined {
  const { before, host } = splitAtHost(text);
  const local = QUOTED.exec(before)?.[1]?.replace(/\\(.)/g, '$1') ?? (DOT_ATOM.test(before) ? before : undefined);
  return host === undefined || local === undefined ? undefined : { host, local };
}

/** Microsoft's user@realm. Windows compares without regard to case; a realm that is no host name is not compared. */
export function readPrincipal(text: string): HostName | undefined {
  const { before, host } = splitAtHost(text);
  if (host === undefined || before === '' || before.includes('@')) return undefined;
  return { host, local: before.normalize('NFKC').toLowerCase() };
}

/** The host of a URI's authority. An IP address is none (RFC 5280 4.2.1.10). */
export function readUriHost(text: string): HostName | undefined {
  const host = readHost(URI.exec(text)?.[1] ?? '');
  return host === undefined || ENDS_IN_NUMBER.test(host) ? undefined : { host, local: undefined };
}

function splitAtHost(text: string): { before: string; host: string | undefined } {
  const at = text.lastIndexOf('@');
  return { before: text.slice(0, Math.max(at, 0)), host: at < 0 ? undefined : readHost(text.slice(at + 1)) };
}
