// How are values read from Redis and written to it? Bounded before they are looked at, and sealed.

import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import type { Breaker, RedisReports } from './breaker.ts';
import type { Commands } from './connection.ts';
import { COUNTER_BYTES, type Generation, parseCounter } from './generation.ts';
import type { SealDefect, Sealed, Seals } from './seal.ts';

export interface RedisValues {
  /** The value under a name with the counter beside it; undefined where there is none that can be read. */
  read(name: string, mostBytes: number, now: number): Promise<Sealed | undefined>;
  /** Sealed with the highest generation; tells whether it is there. One that is over takes away what stood there. */
  write(name: string, payload: Buffer, expires: number, now: number): Promise<boolean>;
  /** Something of ours that does not say what it should. */
  noteUnreadable(defect: SealDefect | 'size' | 'type' | 'content'): void;
}

export interface RedisValuesInput {
  readonly breaker: Breaker;
  readonly seals: Seals;
  readonly generation: Generation;
  /** Key of the counter. */
  readonly counter: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly reports: RedisReports;
}

/** Room for the head of a sealed value. */
const HEAD_BYTES = 160;
/** Whoever can write to Redis must not be able to fill the log. */
const QUIET_MS = 60_000;

export function createRedisValues(input: RedisValuesInput): RedisValues {
  const { breaker, seals, generation, counter, clock, log, reports } = input;
  let toldAt = Number.NEGATIVE_INFINITY;

  function noteUnreadable(defect: SealDefect | 'size' | 'type' | 'content'): void {
    reports.redisValue('unreadable');
    if (Math.abs(clock() - toldAt) < QUIET_MS) return;
    toldAt = clock();
    log.warn(
      { defect },
      'a value in Redis cannot be read and does not count; look at who can write to it, and at the keys',
    );
  }

  return {
    noteUnreadable,
    async read(name, mostBytes, now) {
      const most = mostBytes + HEAD_BYTES;
      // In this order: a generation that moves in between makes the value old, never the other way round.
      const found = await breaker.run('read', (commands) =>
        Promise.all([readStart(commands, name, most + 1), readStart(commands, counter, COUNTER_BYTES)]),
      );
      if (found === undefined) return undefined;
      const [bytes, count] = found;
      generation.learn(parseCounter(count) ?? 0);
      if (bytes?.length === 0) return undefined;
      const opened = bytes === undefined ? 'type' : bytes.length > most ? 'size' : seals.open(name, bytes, now);
      if (typeof opened !== 'string') {
        generation.learn(opened.generation);
        return opened;
      }
      // The clocks of two machines may differ, and so may ours and that of Redis.
      if (opened !== 'over') noteUnreadable(opened);
      return undefined;
    },
    async write(name, payload, expires, now) {
      const life = Math.floor(expires - now);
      const value = life > 0 ? seals.seal(name, { generation: generation.highest, expires, payload }) : Buffer.alloc(0);
      const written = await breaker.run('write', (commands) => commands.set(name, value, 'PX', Math.max(life, 1)));
      return written !== undefined;
    },
  };
}

/** The first bytes of a value; none where there is no value, undefined where it is no string. */
export function readStart(commands: Commands, name: string, bytes: number): Promise<Buffer | undefined> {
  return commands.getrangeBuffer(name, 0, bytes - 1).catch((error: Error) => {
    if (error.message.startsWith('WRONGTYPE')) return undefined;
    throw error;
  });
}
