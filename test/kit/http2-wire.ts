// HTTP/2 by hand: any frame, sound or not (RFC 9113 4.1), and what comes back.

import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import type { Test } from 'tap';
import { type ClientOptions, tlsOptions } from './client.ts';

const TYPES = [
  'DATA',
  'HEADERS',
  'PRIORITY',
  'RST_STREAM',
  'SETTINGS',
  'PUSH_PROMISE',
  'PING',
  'GOAWAY',
  'WINDOW_UPDATE',
  'CONTINUATION',
] as const;
export type FrameType = (typeof TYPES)[number];

export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;

/** RFC 9113 6.5.2: without another setting. */
const MOST_PAYLOAD = 16 * 1024;

export const ERROR = { none: 0, protocol: 1, internal: 2, refusedStream: 7, cancel: 8, enhanceYourCalm: 11 } as const;

export interface Frame {
  readonly type: FrameType;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export type Field = readonly [string, string];

/** Of a GET that is allowed where anything is. */
export const GET: readonly Field[] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', 'localhost'],
  [':path', '/x'],
];
export const POST: readonly Field[] = [[':method', 'POST'], ...GET.slice(1)];

/** `type`: a number for what is no type at all. */
export function frame(
  type: FrameType | number,
  flags: number,
  stream: number,
  payload: Uint8Array | string = '',
): Buffer {
  const body = Buffer.from(payload as string, 'latin1');
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = typeof type === 'number' ? type : TYPES.indexOf(type);
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

/** Literal fields without an index (RFC 7541 6.2.2), so that any byte can stand anywhere. */
export function writeFields(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.map(([name, value]) => Buffer.concat([Buffer.of(0), writeText(name), writeText(value)])));
}

/** With CONTINUATION frames where one does not hold all. */
export function headers(stream: number, fields: readonly Field[], flags = END_HEADERS | END_STREAM): Buffer {
  const block = writeFields(fields);
  if (block.length <= MOST_PAYLOAD) return frame('HEADERS', flags, stream, block);
  const [first, second] = [block.subarray(0, MOST_PAYLOAD), block.subarray(MOST_PAYLOAD)];
  return Buffer.concat([
    frame('HEADERS', flags & ~END_HEADERS, stream, first),
    frame('CONTINUATION', flags & END_HEADERS, stream, second),
  ]);
}

export function reset(stream: number, code: number): Buffer {
  return frame('RST_STREAM', 0, stream, uint32(code));
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** RFC 7541 5.1, 5.2: seven bits of length, then the rest in groups of seven. */
function writeText(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
  return Buffer.concat([Buffer.of(...length, rest), bytes]);
}

/** Something has come, or the connection is closed. */
const NEWS = 'news';

export interface RawSession {
  readonly socket: TLSSocket;
  /** All that came so far. */
  readonly frames: readonly Frame[];
  send(...frames: readonly Buffer[]): void;
  /** Waits for a frame that is so; rejects when the connection closes before. */
  heard(type: FrameType, test?: (frame: Frame) => boolean): Promise<Frame>;
  /** The same for any type. */
  heardAny(test: (frame: Frame) => boolean): Promise<Frame>;
  /** Waits for the connection's end; gives the code of its GOAWAY, undefined where there was none. */
  ended(): Promise<number | undefined>;
}

/** A connection whose settings are exchanged. */
export async function openRaw(
  t: Test,
  options: ClientOptions,
  settings: Uint8Array | string = '',
): Promise<RawSession> {
  const socket = connect({ ...tlsOptions(options), ALPNProtocols: ['h2'] });
  const frames: Frame[] = [];
  let rest = Buffer.alloc(0);
  let over = false;
  socket.on('error', () => {});
  socket.once('close', () => {
    over = true;
    socket.emit(NEWS);
  });
  socket.on('data', (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    for (let next = takeFrame(rest); next !== undefined; next = takeFrame(rest)) {
      frames.push(next);
      rest = rest.subarray(9 + next.payload.length);
    }
    socket.emit(NEWS);
  });
  t.teardown(() => socket.destroy());
  const heardAny = async (test: (frame: Frame) => boolean): Promise<Frame> => {
    for (;;) {
      const found = frames.find(test);
      if (found !== undefined) return found;
      if (over) throw new Error(`closed after ${frames.map(describeFrame).join(', ')}`);
      await once(socket, NEWS);
    }
  };
  const session: RawSession = {
    socket,
    frames,
    send: (...all) => {
      socket.write(Buffer.concat(all));
    },
    heardAny,
    heard: (type, test = () => true) => heardAny((each) => each.type === type && test(each)),
    async ended() {
      while (!over) await once(socket, NEWS);
      return frames.find(({ type }) => type === 'GOAWAY')?.payload.readUInt32BE(4);
    },
  };
  socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame('SETTINGS', 0, 0, settings)]));
  await session.heard('SETTINGS', ({ flags }) => flags === ACK);
  session.send(frame('SETTINGS', ACK, 0));
  return session;
}

export function describeFrame({ type, stream, payload }: Frame): string {
  return `${type} ${stream} ${type === 'RST_STREAM' ? payload.readUInt32BE(0) : payload.toString('latin1').slice(0, 40)}`;
}

/** The first frame of these bytes, and nothing before all of it is there. */
export function takeFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 9) return undefined;
  const length = bytes.readUIntBE(0, 3);
  if (bytes.length < 9 + length) return undefined;
  const type = TYPES[bytes[3] ?? 0];
  if (type === undefined) throw new Error('a frame of no type');
  return { type, flags: bytes[4] ?? 0, stream: bytes.readUInt32BE(5), payload: bytes.subarray(9, 9 + length) };
}
