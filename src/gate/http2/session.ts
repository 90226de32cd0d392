// A connection that speaks HTTP/2, with its bounds: what Node and nghttp2 keep to when they are told, and what they do not
// count (design rule 14).

import { performServerHandshake, type ServerHttp2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';

export interface SessionLimits {
  readonly headerBytes: number;
  readonly headers: number;
  readonly streams: number;
  readonly streamResets: number;
  readonly controlFrames: number;
  readonly sessionBytes: number;
}

/** Unit of Node's limit of memory. */
const MEGABYTE = 1_000_000;
/** nghttp2's own. */
const RESETS_PER_SECOND = 33;
/** RFC 9113 6.5.2 counts so much more for each field than there is in it. */
const FIELD_OVERHEAD = 32;
/** Pseudo fields, and cookies, which come as one field for each (RFC 9113 8.2.3). */
const MORE_FIELDS = 100;
const CONTROL_FRAMES_WINDOW_MS = 10_000;

export function openSession(socket: TLSSocket, limits: SessionLimits): ServerHttp2Session {
  const pairs = limits.headers + MORE_FIELDS;
  return performServerHandshake(socket, {
    settings: {
      enablePush: false,
      maxConcurrentStreams: limits.streams,
      // More than is taken: who is refused for a head that is too large shall get an answer, and Node gives none.
      maxHeaderListSize: 2 * limits.headerBytes + pairs * FIELD_OVERHEAD,
    },
    maxHeaderListPairs: pairs,
    maxSessionMemory: Math.ceil(limits.sessionBytes / MEGABYTE),
    streamResetBurst: limits.streamResets,
    streamResetRate: RESETS_PER_SECOND,
    // One stray frame is the race of a client; nghttp2 answers each with a reset.
    maxSessionInvalidFrames: limits.streamResets,
    maxSessionRejectedStreams: limits.streamResets,
    // Services say what they say twice, too.
    strictSingleValueFields: false,
  });
}

/** Tells when a client has sent more PING and SETTINGS frames than it may: each is answered, and none is work. */
export function watchControlFrames(session: ServerHttp2Session, most: number, flooded: () => void): void {
  let count = 0;
  let since = performance.now();
  const note = () => {
    const now = performance.now();
    if (now - since > CONTROL_FRAMES_WINDOW_MS) {
      since = now;
      count = 0;
    }
    if (++count > most) flooded();
  };
  session.on('ping', note);
  session.on('remoteSettings', note);
}
