// What do the first bytes of a connection say? However they are cut: by TCP, or into several TLS records (RFC 8446 5.1).

import { type ClientHello, parseClientHello } from './client-hello.ts';
import type { HelloFault } from './hello-fault.ts';

export type HelloOutcome =
  | ({ readonly kind: 'hello' } & ClientHello)
  | { readonly kind: 'plain-http' }
  | { readonly kind: 'refused'; readonly fault: HelloFault };

export interface HelloReader {
  /** All that was taken, in its order. */
  readonly bytes: Buffer;
  /** Takes what came next; undefined as long as more is needed. Not to be called again after an outcome. */
  take(chunk: Buffer): HelloOutcome | undefined;
}

const HANDSHAKE_RECORD = 22;
const RECORD_HEADER_BYTES = 5;
/** RFC 8446 5.1: 2^14. */
const MOST_RECORD_BYTES = 16 * 1024;
const CLIENT_HELLO = 1;
const MESSAGE_HEADER_BYTES = 4;
/**
 * Its extensions have 64 KiB at most, all of them together; 4 for the rest. Commonly a hello has 2 KiB, but a ticket holds the client's
 * certificate, and who was given one must be able to show it. OpenSSL would take 128.
 */
const MOST_HELLO_BYTES = 68 * 1024;
/** With the headers of its records, which would be five times as much if each held one byte. */
const MOST_WIRE_BYTES = MOST_HELLO_BYTES + 16 * 1024;

/** RFC 9110 9.3, RFC 5789. */
const METHODS = ['GET ', 'HEAD ', 'POST ', 'PUT ', 'DELETE ', 'CONNECT ', 'OPTIONS ', 'TRACE ', 'PATCH '];
const LONGEST_METHOD = Math.max(...METHODS.map((method) => method.length));

export function createHelloReader(): HelloReader {
  const wire = new GrowingBytes();
  const message = new GrowingBytes();
  /** Where the next record begins on the wire. */
  let at = 0;

  /** One record: an outcome, undefined when it is not whole, `next` when the message goes on in another one. */
  function takeRecord(): HelloOutcome | 'next' | undefined {
    const rest = wire.bytes.subarray(at);
    const [type, version] = [rest[0], rest[1]];
    if (type === undefined) return undefined;
    if (type !== HANDSHAKE_RECORD) return at === 0 ? readPlainly(rest) : refused('record-type');
    // The minor version means nothing (RFC 8446 5.1).
    if (version !== undefined && version !== 3) return refused('record-version');
    if (rest.length < RECORD_HEADER_BYTES) return undefined;
    const length = rest.readUInt16BE(3);
    // Handshake records are never empty.
    if (length === 0 || length > MOST_RECORD_BYTES) return refused('record-length');
    const end = RECORD_HEADER_BYTES + length;
    // Said of the same record, however much of it is there.
    if (at + end > MOST_WIRE_BYTES) return refused('too-long');
    if (rest.length < end) return undefined;
    message.append(rest.subarray(RECORD_HEADER_BYTES, end));
    at += end;
    return readMessage(message.bytes);
  }

  return {
    get bytes() {
      return wire.bytes;
    },
    take(chunk) {
      wire.append(chunk);
      let outcome = takeRecord();
      while (outcome === 'next') outcome = takeRecord();
      return outcome;
    },
  };
}

function readMessage(message: Buffer): HelloOutcome | 'next' {
  if (message[0] !== CLIENT_HELLO) return refused('message-type');
  if (message.length < MESSAGE_HEADER_BYTES) return 'next';
  const length = message.readUIntBE(1, 3);
  if (length > MOST_HELLO_BYTES) return refused('too-long');
  const end = MESSAGE_HEADER_BYTES + length;
  if (message.length < end) return 'next';
  // Nothing may follow before the server has answered.
  if (message.length > end) return refused('message-length');
  const hello = parseClientHello(message.subarray(MESSAGE_HEADER_BYTES));
  return typeof hello === 'string' ? refused(hello) : { kind: 'hello', ...hello };
}

function readPlainly(bytes: Buffer): HelloOutcome | undefined {
  const start = bytes.toString('latin1', 0, LONGEST_METHOD);
  if (METHODS.some((method) => start.startsWith(method))) return { kind: 'plain-http' };
  return METHODS.some((method) => method.startsWith(start)) ? undefined : refused('not-tls');
}

function refused(fault: HelloFault): HelloOutcome {
  return { kind: 'refused', fault };
}

/** Bytes that come in pieces, of one byte perhaps: copied twice at most, not once again for each piece, and a single one not at all. */
class GrowingBytes {
  #store: Buffer = Buffer.alloc(0);
  #length = 0;

  get bytes(): Buffer {
    return this.#store.subarray(0, this.#length);
  }

  append(piece: Buffer): void {
    const length = this.#length + piece.length;
    if (this.#length === 0) {
      this.#store = piece;
      this.#length = length;
      return;
    }
    if (length > this.#store.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#store.length));
      this.bytes.copy(larger);
      this.#store = larger;
    }
    piece.copy(this.#store, this.#length);
    this.#length = length;
  }
}
