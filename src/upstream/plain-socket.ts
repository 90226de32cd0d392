// How do the bytes of a connection without TLS come in?

import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';

/** As much as Node reads at a time. */
const READ_BYTES = 64 * 1024;

/** What waits to be written before a sender is held up: some reads of its client, so that it is seldom. */
const WAITING_BYTES = 256 * 1024;

export interface PlainSocket {
  readonly socket: Socket;
  /** Takes bytes back that `receive` got, when nobody needs them any more; they may then be others. */
  giveBack(bytes: Buffer): void;
}

/**
 * A socket that is read past its stream, which never has any data; `receive` gets them. Node makes a buffer of 64 KiB for
 * every read, however few bytes come. Here few are copied, and one buffer is enough; many are given away with theirs.
 */
export function connectPlain(place: TcpNetConnectOpts, receive: (bytes: Buffer) => void): PlainSocket {
  let buffer: Buffer | undefined;
  let spare: Buffer | undefined;
  const takeBuffer = () => {
    if (buffer === undefined) {
      buffer = spare ?? Buffer.allocUnsafeSlow(READ_BYTES);
      spare = undefined;
    }
    return buffer;
  };
  const callback = (length: number): boolean => {
    const bytes = takeBuffer().subarray(0, length);
    if (length > READ_BYTES / 2) {
      buffer = undefined;
      receive(bytes);
    } else {
      receive(Buffer.from(bytes));
    }
    return true;
  };
  // Passed on to the stream; the types of Node know it of streams only.
  const options = { ...place, writableHighWaterMark: WAITING_BYTES, onread: { buffer: takeBuffer, callback } };
  return {
    socket: connect(options),
    giveBack(bytes) {
      // Of a part of a buffer nobody knows who has the rest.
      if (bytes.length === READ_BYTES && bytes.buffer.byteLength === READ_BYTES) spare = bytes;
    },
  };
}
