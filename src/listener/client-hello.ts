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
  const octets = new Octets(body, 0, body.length);
  if (!octets.skip(VERSION_AND_RANDOM_BYTES)) return 'form';
  const session = octets.vector(1);
  const suites = octets.vector(2);
  const compressions = octets.vector(1);
  if (session === undefined || suites === undefined || compressions === undefined) return 'form';
  if (session.length > MOST_SESSION_ID_BYTES || compressions.length < 1) return 'form';
  if (suites.length < 2 || suites.length % 2 !== 0) return 'form';
  // Before TLS 1.3 extensions could be left out, length and all (RFC 5246 7.4.1.2).
  if (octets.isAtEnd) return { serverName: undefined };
  const extensions = octets.vector(2);
  return extensions === undefined || !octets.isAtEnd ? 'form' : parseExtensions(extensions);
}

function parseExtensions(octets: Octets): ClientHello | HelloFault {
  const seen = new Set<number>();
  let hello: ClientHello = { serverName: undefined };
  while (!octets.isAtEnd) {
    const type = octets.number(2);
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
function parseServerName(data: Octets): ClientHello | HelloFault {
  const entry = data.vector(2);
  if (entry === undefined || !data.isAtEnd) return 'form';
  const type = entry.number(1);
  const name = entry.vector(2);
  if (type !== HOST_NAME_TYPE || name === undefined || name.length === 0 || !entry.isAtEnd) return 'form';
  const serverName = canonicalHost(name.toText());
  return serverName === undefined ? 'server-name' : { serverName };
}

/** Reads from front to back, without a copy; undefined as soon as there is less than is wanted. */
class Octets {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  /** Of what is still to be read. */
  get length(): number {
    return this.#end - this.#at;
  }

  get isAtEnd(): boolean {
    return this.length === 0;
  }

  skip(count: number): boolean {
    if (count > this.length) return false;
    this.#at += count;
    return true;
  }

  number(bytes: 1 | 2): number | undefined {
    const at = this.#at;
    if (!this.skip(bytes)) return undefined;
    return bytes === 1 ? this.#bytes.readUInt8(at) : this.#bytes.readUInt16BE(at);
  }

  /** A vector behind its length (RFC 8446 3.4). */
  vector(lengthBytes: 1 | 2): Octets | undefined {
    const length = this.number(lengthBytes);
    const at = this.#at;
    return length === undefined || !this.skip(length) ? undefined : new Octets(this.#bytes, at, at + length);
  }

  /** One character for each byte: none above 0x7f may fold into a letter. */
  toText(): string {
    return this.#bytes.toString('latin1', this.#at, this.#end);
  }
}
