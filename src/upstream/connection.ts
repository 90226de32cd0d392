// One connection to a service: one request at a time, and the parts of its answer.

import type { Socket } from 'node:net';
import type { Refusal } from '../model/reasons.ts';
import type { AnswerHead } from './answer-head.ts';
import { type AnswerParts, AnswerReader } from './answer-reader.ts';
import { freeBytes } from './free-bytes.ts';
import { Lent } from './lent.ts';

/** Who sends a request. Told of nothing any more once the connection is free again or has failed. */
export interface Sender extends Omit<AnswerParts, 'data'> {
  /** A part of the body, never empty. `last`: the answer is over with it. `lent`: is to be told when it is needed no more. */
  data(part: Buffer, last: boolean, lent: Lent | undefined): void;
  /** There is a connection, verified where it is TLS: the request may be written. Told at once where it stands. */
  connected(): void;
  /** What was written has gone out, after a `write` that said false. */
  drained(): void;
  /**
   * The connection is gone before answer or request were over. `untouched`: it had served before and broke without a byte
   * of an answer, so that the service had most likely closed it before the request came.
   */
  failed(refusal: Refusal, untouched: boolean): void;
  /** Request and answer are over, and the connection is somebody else's. */
  free(): void;
}

/** `forGood`: the bytes are the receiver's. Else they last until it returns. */
export type Receive = (bytes: Buffer, forGood: boolean) => void;

/** Begins a connection, whose bytes go to `receive`. */
export type Dial = (receive: Receive) => Dialled;

export interface Dialled {
  readonly socket: Socket;
  /** After which the socket may be written to. */
  readonly readyEvent: 'connect' | 'secureConnect';
  /** Takes memory back that was received for good; left out where nobody can use it again. */
  giveBack?(memory: ArrayBufferLike): void;
}

export interface ConnectionEvents {
  /** Request and answer are over; `keepAliveMs` as the service said. */
  free(connection: UpstreamConnection, keepAliveMs: number | undefined): void;
  closed(connection: UpstreamConnection): void;
}

export class UpstreamConnection implements AnswerParts {
  readonly #dialled: Dialled;
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #reader = new AnswerReader(this);
  #ready = false;
  #sender: Sender | undefined;
  /** Answers so far, and whether a byte of the next one has come. */
  #served = 0;
  #heard = false;
  #requestOver = false;
  #gathers = false;
  /** Of what is being read: it is there for good, and to be given back where it is lent. */
  #forGood = false;
  #lent: Lent | undefined;
  #persistent = false;
  #keepAliveMs: number | undefined;

  constructor(dial: Dial, events: ConnectionEvents) {
    const dialled = dial((bytes, forGood) => this.#receive(bytes, forGood));
    const { socket, readyEvent } = dialled;
    this.#dialled = dialled;
    this.#socket = socket;
    this.#events = events;
    socket.once(readyEvent, () => {
      this.#ready = true;
      this.#sender?.connected();
    });
    socket.on('drain', () => this.#sender?.drained());
    socket.on('end', () => this.#end());
    socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(describeBreak(error, this.#ready)));
    socket.on('close', () => {
      this.#break('the connection was closed');
      events.closed(this);
    });
  }

  get isReady(): boolean {
    return this.#ready;
  }

  get usable(): boolean {
    return !this.#socket.destroyed && this.#socket.writable && !this.#socket.readableEnded;
  }

  get needsDrain(): boolean {
    return this.#socket.writableNeedDrain;
  }

  /** Takes on a request of that method; to be called when no other is under way. */
  begin(method: string, sender: Sender): void {
    this.#sender = sender;
    this.#heard = false;
    this.#requestOver = false;
    this.#persistent = true;
    this.#reader.expect(method);
    if (this.#ready) sender.connected();
  }

  /** A string holds bytes, one in each character. False: wait for `drained` with the rest. */
  write(bytes: string | Uint8Array): boolean {
    return typeof bytes === 'string' ? this.#socket.write(bytes, 'latin1') : this.#socket.write(bytes);
  }

  /** The same for bytes that nobody needs behind it: their memory is freed as soon as they have gone out. */
  pass(part: Uint8Array): boolean {
    return this.#socket.write(part, (error) => {
      if (!error) freeBytes(part);
    });
  }

  /** Holds back what is written until the end of this turn of the event loop, so that it goes out in one piece. */
  gather(): void {
    if (this.#gathers) return;
    this.#gathers = true;
    this.#socket.cork();
    setImmediate(() => {
      this.#gathers = false;
      this.#socket.uncork();
    });
  }

  /** All of the request is written. */
  endRequest(): void {
    this.#requestOver = true;
    if (this.#reader.isOver && this.#sender !== undefined) this.#settle();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends it at once; who sends is told of nothing any more. */
  destroy(): void {
    this.#sender = undefined;
    this.#socket.destroy();
  }

  /** Ends it at once, and tells who sends. */
  breakOff(): void {
    this.#break('the gateway closed the connection');
  }

  // From the reader, of which a sender that has left in the middle of it hears nothing.

  whole(head: AnswerHead, body: Buffer): void {
    this.#note(head);
    this.#sender?.whole(head, body);
  }

  head(head: AnswerHead, hasMore: boolean): void {
    this.#note(head);
    this.#sender?.head(head, hasMore);
  }

  data(part: Buffer, last: boolean): void {
    this.#lent?.part(part);
    this.#sender?.data(this.#forGood ? part : Buffer.from(part), last, this.#lent);
  }

  over(trailers: readonly string[]): void {
    this.#sender?.over(trailers);
  }

  #note({ persistent, keepAliveMs }: AnswerHead): void {
    this.#persistent = persistent;
    this.#keepAliveMs = keepAliveMs;
  }

  #receive(bytes: Buffer, forGood: boolean): void {
    this.#heard = true;
    const { giveBack } = this.#dialled;
    this.#forGood = forGood;
    this.#lent = forGood && giveBack !== undefined ? new Lent(bytes.buffer, giveBack) : undefined;
    // Behind an answer, or unasked: whoever used the connection next would take it for his (CVE-2026-6733 and its like).
    const behind = this.#reader.isOver ? bytes : this.#reader.read(bytes);
    this.#lent?.end();
    this.#lent = undefined;
    if (behind !== undefined && !Buffer.isBuffer(behind)) {
      this.#fail(behind);
      return;
    }
    if (behind !== undefined) this.#persistent = false;
    if (this.#sender === undefined) {
      if (behind !== undefined) this.#socket.destroy();
    } else if (this.#reader.isOver) this.#settle();
  }

  #end(): void {
    if (this.#reader.end() && this.#sender !== undefined) {
      this.#persistent = false;
      this.#settle();
    }
    this.#break('the service ended the connection');
  }

  /** The answer is over: the connection is free as soon as the request is over, too; or it ends. */
  #settle(): void {
    const sender = this.#sender;
    if (!this.#requestOver) {
      if (!this.#persistent) this.#break('answered before the request was over');
      return;
    }
    this.#sender = undefined;
    this.#served++;
    if (this.#persistent && this.usable) {
      if (this.#socket.isPaused()) this.#socket.resume();
      this.#events.free(this, this.#keepAliveMs);
    } else {
      this.#socket.destroy();
    }
    sender?.free();
  }

  #break(note: string): void {
    this.#fail({ code: 'upstream-failed', check: 'connection-broken', note });
  }

  #fail(refusal: Refusal): void {
    const sender = this.#sender;
    this.destroy();
    sender?.failed(refusal, this.#served > 0 && !this.#heard);
  }
}

/** Before the connection stood: refused, no such host, no route, or a certificate that does not verify. */
function describeBreak(error: NodeJS.ErrnoException, ready: boolean): Refusal {
  const note = `${error.code ?? error.name}: ${error.message}`;
  return ready
    ? { code: 'upstream-failed', check: 'connection-broken', note }
    : { code: 'upstream-unreachable', check: 'connect', note };
}
