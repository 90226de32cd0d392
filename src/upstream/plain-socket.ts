// How do the bytes of a connection without TLS come in?

import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';
import type { Receive } from './connection.ts';
import { freeMemory } from './free-bytes.ts';

/** As much as Node reads at a time. */
const READ_BYTES = 64 * 1024;

/** What waits to be written before a sender is held up: some reads of its client, so that it is seldom. */
const WAITING_BYTES = 256 * 1024;

/** Kept for the next that read much: 2 MiB. */
const MOST_SPARES = 32;

/** Read into by every connection from which little came last, so that most of them hold no buffer. */
const common = Buffer.allocUnsafeSlow(READ_BYTES);

/** For those from which much comes: what was read is given away, with its buffer. */
const spares: Buffer[] = [];

export interface PlainSocket {
  readonly socket: Socket;
  /** Takes memory back that `receive` got for good; other bytes are read into it. */
  giveBack(memory: ArrayBufferLike): void;
}

/**
 * A socket that is read past its stream, which never has any data; `receive` gets them. Node makes a buffer of 64 KiB for
 * every read, however few bytes come.
 */
export function connectPlain(place: TcpNetConnectOpts, receive: Receive): PlainSocket {
  let isMuch = false;
  const chooseBuffer = () => (isMuch ? (spares.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES)) : common);
  const callback = (length: number, { buffer }: Uint8Array): boolean => {
    isMuch = length > READ_BYTES / 2;
    const isLent = isMuch && buffer !== common.buffer;
    receive(Buffer.from(buffer, 0, length), isLent);
    if (!isLent && buffer !== common.buffer) keep(buffer);
    return true;
  };
  // Passed on to the stream; the types of Node know it of streams only.
  const options = { ...place, writableHighWaterMark: WAITING_BYTES, onread: { buffer: chooseBuffer, callback } };
  return { socket: connect(options), giveBack: keep };
}

function keep(memory: ArrayBufferLike): void {
  if (spares.length < MOST_SPARES) spares.push(Buffer.from(memory));
  else freeMemory(memory);
}
