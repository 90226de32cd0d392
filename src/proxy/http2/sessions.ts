// Over which connection does a request reach a service that speaks HTTP/2?

import { type ClientHttp2Session, connect } from 'node:http2';
import type { Refusal } from '../../model/reasons.ts';
import { ANSWER_HEAD_BYTES } from '../../upstream/answer-reader.ts';
import { secureOptions } from '../connections.ts';
import type { Upstream } from '../upstream.ts';

/** Largest head of an answer as RFC 9113 6.5.2 counts it: 32 bytes more for each field than by HTTP/1.1. */
const HEADER_LIST_BYTES = 2 * ANSWER_HEAD_BYTES;
/** Of one connection, where the service allows as many; more would be too many for the memory Node grants it. */
const MOST_STREAMS = 100;

/** A place for one stream. */
export interface Place {
  readonly session: ClientHttp2Session;
  /** Gives it back. */
  leave(): void;
}

export interface Sessions {
  /** On a connection that has room, or on a new one. */
  take(): Promise<Place | Refusal>;
  close(): void;
}

interface Member {
  readonly session: ClientHttp2Session;
  taken: number;
  /** Runs while nobody uses it. */
  idle: NodeJS.Timeout | undefined;
}

/** `keepAliveMs`: how long a connection is kept that nobody uses; undefined: until `close`. */
export function createSessions(upstream: Upstream, keepAliveMs: number | undefined): Sessions {
  const members = new Set<Member>();
  let connecting: Promise<Refusal | undefined> | undefined;
  let closed = false;

  function hasRoom({ session, taken }: Member): boolean {
    if (session.closed || session.destroyed) return false;
    return taken < Math.min(MOST_STREAMS, session.remoteSettings.maxConcurrentStreams ?? MOST_STREAMS);
  }

  function enter(member: Member): Place {
    clearTimeout(member.idle);
    member.taken++;
    return {
      session: member.session,
      leave() {
        if (--member.taken > 0 || keepAliveMs === undefined) return;
        member.idle = setTimeout(() => member.session.close(), keepAliveMs);
      },
    };
  }

  /** Undefined once there is one more member. */
  function grow(): Promise<Refusal | undefined> {
    const options = {
      ...(upstream.tls && secureOptions(upstream.url, upstream.tls)),
      settings: { enablePush: false, maxHeaderListSize: HEADER_LIST_BYTES },
      // What clients say twice, too, services hear twice, as by HTTP/1.1.
      strictSingleValueFields: false,
    };
    const session = connect(upstream.url, options);
    const member: Member = { session, taken: 0, idle: undefined };
    return new Promise((resolve) => {
      const fail = (check: string, note: string) => {
        resolve({ code: 'upstream-unreachable', check, note });
        session.destroy();
      };
      const timer = setTimeout(() => fail('connect-timeout', 'no settings in time'), upstream.connectTimeoutMs);
      session.on('error', (error: NodeJS.ErrnoException) =>
        fail('connect', `${error.code ?? error.name}: ${error.message}`),
      );
      session.once('close', () => {
        clearTimeout(timer);
        clearTimeout(member.idle);
        members.delete(member);
        resolve({ code: 'upstream-unreachable', check: 'connect', note: 'closed before its settings came' });
      });
      session.once('remoteSettings', (settings) => {
        clearTimeout(timer);
        // Who does not say so in the handshake would take our frames for something else.
        if (upstream.tls !== undefined && session.alpnProtocol !== 'h2') fail('protocol', 'no HTTP/2');
        // Nor would a further connection: whoever waits would make one after the other.
        else if (settings.maxConcurrentStreams === 0) fail('streams', 'takes no streams');
        else if (closed) session.destroy();
        else members.add(member);
        resolve(undefined);
      });
    });
  }

  return {
    async take() {
      for (;;) {
        if (closed) return { code: 'overloaded', check: 'closed' };
        for (const member of members) if (hasRoom(member)) return enter(member);
        connecting ??= grow().finally(() => {
          connecting = undefined;
        });
        const refusal = await connecting;
        if (refusal !== undefined) return refusal;
      }
    },
    close() {
      closed = true;
      for (const { session } of members) session.destroy();
    },
  };
}
