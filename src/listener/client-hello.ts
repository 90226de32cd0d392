// Which server name does a ClientHello ask for? Read strictly (RFC 8446 4.1.2, RFC 6066 3): OpenSSL reads the same bytes
// behind us, and what has a second reading is refused.

import { canonicalHost } from '../policy/canonical-host.ts';
import type { HelloFault } from './hello-fault.ts';

export interface ClientHello {
  /** Canonical; undefined when the client sent none. */
  readonly serverName: string | undefined;
}

const VERSION_AND_RANDOM_BYTES = 2 + 32;
const MOST_SESSION_ID_BYTES = 32;
const SERVER_NAME_EXTENSION = 0;
const HOST_NAME_TYPE = 0;

/** `body`: the message behind its type and length. What TLS 1.3 fixes but older versions chose (versions, suites) is OpenSSL's to judge. */
export function parseClientHello(body: Buffer): ClientHello | HelloFault {
  const octets = new Octets(body);
  const start = octets.take(VERSION_AND_RANDOM_BYTES);
  const session = octets.vector(1);
  const suites = octets.vector(2);
  const compressions = octets.vector(1);
  if (start === undefined || session === undefined || suites === undefined || compressions === undefined) return 'form';
  if (session.length > MOST_SESSION_ID_BYTES || compressions.length < 1) return 'form';
  if (suites.length < 2 || suites.length % 2 !== 0) return 'form';
  // Before TLS 1.3 extensions could be left out, length and all (RFC 5246 7.4.1.2).
  if (octets.isAtEnd) return { serverName: undefined };
  const extensions = octets.vector(2);
  return extensions === undefined || !octets.isAtEnd ? 'form' : parseExtensions(extensions);
}

function parseExtensions(list: Buffer): ClientHello | HelloFault {
  const octets = new Octets(list);
  const seen = new Set<number>();
  let hello: ClientHello = { serverName: undefined };
  while (!octets.isAtEnd) {
    const type = octets.take(2)?.readUInt16BE();
    const data = octets.vector(2);
    if (type === undefined || data === undefined) return 'form';
    // RFC 8446 4.2. Two server names would be one for each reader.
    if (seen.has(type)) return 'extension-repeated';
    seen.add(type);
    if (type !== SERVER_NAME_EXTENSION) continue;
    const named = parseServerName(data);
    if (typeof named === 'string') return named;
    hello = named;
  }
  return hello;
}

/**
 * Exactly one name, of the only type that there is. RFC 6066 leaves room for others, but readers disagree on how to step over
 * one, and OpenSSL refuses it.
 */
function parseServerName(data: Buffer): ClientHello | HelloFault {
  const octets = new Octets(data);
  const list = octets.vector(2);
  if (list === undefined || !octets.isAtEnd) return 'form';
  const entry = new Octets(list);
  const type = entry.take(1)?.[0];
  const name = entry.vector(2);
  if (type !== HOST_NAME_TYPE || name === undefined || name.length === 0 || !entry.isAtEnd) return 'form';
  // One character for each byte: no byte above 0x7f may fold into a letter.
  const serverName = canonicalHost(name.toString('latin1'));
  return serverName === undefined ? 'server-name' : { serverName };
}

/** Reads from front to back; undefined as soon as there is less than is wanted. */
class Octets {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(count: number): Buffer | undefined {
    const end = this.#at + count;
    if (end > this.#bytes.length) return undefined;
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** A vector behind its length (RFC 8446 3.4). */
  vector(lengthBytes: 1 | 2): Buffer | undefined {
    const length = this.take(lengthBytes)?.readUIntBE(0, lengthBytes);
    return length === undefined ? undefined : this.take(length);
  }
}
