// Where are the data in a body in chunks, and where does it end (RFC 9112 7.1)?

import { malformed } from './answer-fault.ts';
import { readFieldLines } from './field-lines.ts';

/** Most bytes of chunk extensions of one answer, which mean nothing to us, and of its trailers. As for a head. */
const MOST_EXTENSION_BYTES = 16 * 1024;
const MOST_TRAILER_BYTES = 16 * 1024;
/** A size of 13 hexadecimal digits is below 2^53. */
const MOST_SIZE_DIGITS = 13;

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;

export class ChunkReader {
  /** Flat list; complete with the body. */
  readonly trailers: string[] = [];
  #state: 'size' | 'extension' | 'size-end' | 'data' | 'data-cr' | 'data-lf' | 'trailers' | 'over' = 'size';
  #size = 0;
  #digits = 0;
  #extensionBytes = 0;
  #trailerText = '';

  /**
   * Takes the next bytes and gives each part of the data in them to `take`, as views. Returns how many bytes it used: all,
   * or fewer when the body is over. Throws an AnswerFault.
   */
  read(bytes: Buffer, take: (data: Buffer) => void): number {
    let at = 0;
    while (at < bytes.length && this.#state !== 'over') {
      if (this.#state === 'data') {
        const end = Math.min(bytes.length, at + this.#size);
        this.#size -= end - at;
        if (this.#size === 0) this.#state = 'data-cr';
        take(bytes.subarray(at, end));
        at = end;
      } else if (this.#state === 'trailers') {
        at += this.#readTrailers(bytes.subarray(at));
      } else {
        this.#step(bytes[at++] ?? 0);
      }
    }
    return at;
  }

  get over(): boolean {
    return this.#state === 'over';
  }

  #step(byte: number): void {
    switch (this.#state) {
      case 'size':
        this.#readSize(byte);
        return;
      case 'extension':
        if (byte === CR) this.#state = 'size-end';
        else if (++this.#extensionBytes > MOST_EXTENSION_BYTES || (byte < 0x20 && byte !== 0x09) || byte === 0x7f) {
          malformed('an odd chunk extension');
        }
        return;
      case 'size-end':
        if (byte !== LF) malformed('an odd line end');
        this.#state = this.#size === 0 ? 'trailers' : 'data';
        this.#digits = 0;
        return;
      case 'data-cr':
        if (byte !== CR) malformed('a chunk longer than its size');
        this.#state = 'data-lf';
        return;
      default:
        if (byte !== LF) malformed('an odd line end');
        this.#state = 'size';
    }
  }

  #readSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      if (++this.#digits > MOST_SIZE_DIGITS) malformed('a chunk of more than 2^52 bytes');
      this.#size = this.#size * 16 + digit;
    } else if (this.#digits === 0 || (byte !== CR && byte !== SEMICOLON)) {
      malformed('a chunk without a size');
    } else {
      this.#state = byte === CR ? 'size-end' : 'extension';
    }
  }

  /** The last of the trailers is followed by an empty line. Returns how many bytes were used. */
  #readTrailers(bytes: Buffer): number {
    const before = this.#trailerText.length;
    const text = this.#trailerText + bytes.toString('latin1', 0, MOST_TRAILER_BYTES + 1 - before);
    const last = text.startsWith('\r\n') ? -2 : text.indexOf('\r\n\r\n');
    if (last === -1) {
      if (text.length > MOST_TRAILER_BYTES) malformed('trailers that are too long');
      if (/(?:^|[^\r])\n/.test(text)) malformed('an odd line end');
      this.#trailerText = text;
      return bytes.length;
    }
    const end = last + 2;
    readFieldLines(text.slice(0, end), 0, ({ name, value }) => this.trailers.push(name, value));
    this.#state = 'over';
    return end + 2 - before;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
