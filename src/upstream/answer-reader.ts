// Which answer is in the bytes of a connection, and where does it end?

import type { Refusal } from '../model/reasons.ts';
import { AnswerFault, malformed } from './answer-fault.ts';
import { type AnswerHead, readAnswerHead } from './answer-head.ts';
import { ChunkReader } from './chunk-reader.ts';

/** Largest head of an answer, the end of its last line included (Node: 16 KiB). */
export const ANSWER_HEAD_BYTES = 16 * 1024;

const HEAD_END = Buffer.from('\r\n\r\n');
const BEGINNING = Buffer.from('HTTP/1.');
const NOTHING: readonly string[] = [];

export interface AnswerParts {
  /** All of an answer that came in one piece: its head, and its body, which is not empty, and lasts until this returns. */
  whole(head: AnswerHead, body: Buffer): void;
  /** The head of the final answer. `hasMore`: more is told of it at once. */
  head(head: AnswerHead, hasMore: boolean): void;
  /** A part of the body, never empty. `last`: the answer is over with it. */
  data(part: Buffer, last: boolean): void;
  /** The answer is over, unless the last part of its data said so. `trailers`: flat list. */
  over(trailers: readonly string[]): void;
}

export class AnswerReader {
  readonly #parts: AnswerParts;
  #method = '';
  #state: 'head' | 'length' | 'chunked' | 'until-end' | 'over' = 'over';
  #begun: Buffer | undefined;
  #left = 0;
  #chunks: ChunkReader | undefined;

  constructor(parts: AnswerParts) {
    this.#parts = parts;
  }

  /** From now on the answer to a request of that method is read. */
  expect(method: string): void {
    this.#method = method;
    this.#state = 'head';
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  /**
   * Takes what came, which nothing but the parts refers to afterwards. Returns what stands behind the answer, if anything
   * does, or what is wrong with it.
   */
  read(bytes: Buffer): Buffer | Refusal | undefined {
    try {
      return this.#read(bytes);
    } catch (fault) {
      if (!(fault instanceof AnswerFault)) throw fault;
      this.#state = 'over';
      return fault.refusal;
    }
  }

  /** The connection has ended, without an error. False: the answer was not complete. */
  end(): boolean {
    if (this.#state !== 'until-end') return this.#state === 'over';
    this.#state = 'over';
    this.#parts.over(NOTHING);
    return true;
  }

  #read(bytes: Buffer): Buffer | undefined {
    let rest: Buffer | undefined = bytes;
    // Informational answers may come before the final one; whatever they say is for this connection (RFC 9110 15.2).
    while (this.#state === 'head' && rest !== undefined) rest = this.#readHead(rest);
    return rest === undefined || this.#state === 'over' ? rest : this.#readBody(rest);
  }

  /** Returns what stands behind the head; undefined when nothing does, or it is not complete. */
  #readHead(came: Buffer): Buffer | undefined {
    const bytes = this.#begun === undefined ? came : Buffer.concat([this.#begun, came]);
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) {
      checkBeginning(bytes);
      this.#begun = this.#begun === undefined ? Buffer.from(bytes) : bytes;
      return undefined;
    }
    if (end + HEAD_END.length > ANSWER_HEAD_BYTES) malformed('a head that is too long');
    this.#begun = undefined;
    const head = readAnswerHead(bytes.toString('latin1', 0, end + 2), this.#method);
    const behind = end + HEAD_END.length;
    const over = behind + (head.body === 'length' ? (head.length ?? 0) : 0);
    if (behind < over && over <= bytes.length) {
      this.#state = 'over';
      this.#parts.whole(head, bytes.subarray(behind, over));
      return over < bytes.length ? bytes.subarray(over) : undefined;
    }
    const hasMore = behind < bytes.length;
    if (head.status >= 200) this.#begin(head, hasMore);
    return hasMore ? bytes.subarray(behind) : undefined;
  }

  #begin(head: AnswerHead, hasMore: boolean): void {
    this.#left = head.length ?? 0;
    this.#chunks = head.body === 'chunked' ? new ChunkReader() : undefined;
    this.#state = head.body === 'none' || (head.body === 'length' && head.length === 0) ? 'over' : head.body;
    const isOver = this.#state === 'over';
    this.#parts.head(head, hasMore || isOver);
    if (isOver) this.#parts.over(NOTHING);
  }

  #readBody(bytes: Buffer): Buffer | undefined {
    if (this.#chunks !== undefined) return this.#readChunks(bytes, this.#chunks);
    if (this.#state === 'until-end') {
      this.#parts.data(bytes, false);
      return undefined;
    }
    const excess = bytes.length - this.#left;
    this.#left = Math.max(0, -excess);
    if (this.#left === 0) this.#state = 'over';
    this.#parts.data(excess > 0 ? bytes.subarray(0, -excess) : bytes, this.#left === 0);
    return excess > 0 ? bytes.subarray(-excess) : undefined;
  }

  #readChunks(bytes: Buffer, chunks: ChunkReader): Buffer | undefined {
    const used = chunks.read(bytes, (data) => this.#parts.data(data, false));
    if (!chunks.over) return undefined;
    this.#state = 'over';
    this.#parts.over(chunks.trailers);
    return used < bytes.length ? bytes.subarray(used) : undefined;
  }
}

/** Tells early what can become no head: nobody has to wait for the end of what is none. */
function checkBeginning(bytes: Buffer): void {
  const common = Math.min(bytes.length, BEGINNING.length);
  if (bytes.compare(BEGINNING, 0, common, 0, common) !== 0) malformed('no status line of HTTP/1.x');
  if (bytes.length > ANSWER_HEAD_BYTES) malformed('a head that is too long');
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) {
    if (bytes[at - 1] !== 0x0d) malformed('an odd line end');
  }
}
