// What do replicas share by Redis? Verdicts, revocation lists, and the news that something has changed.

import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import { createBreaker, type RedisReports } from './breaker.ts';
import { openConnection, type RedisSecrets } from './connection.ts';
import { COUNTER_BYTES, createGeneration, parseCounter } from './generation.ts';
import { createMessages } from './messages.ts';
import type { CacheOptions, RedisOptions } from './options.ts';
import { createRedisStore } from './redis-store.ts';
import { createRedisValues, readStart } from './redis-values.ts';
import { createSeals } from './seal.ts';
import type { VerdictStore } from './verdict-store.ts';

export interface SharedCache {
  readonly verdicts: VerdictStore;
  /** Revocation lists by a hash that stands for the authority and its key. */
  readonly lists: SharedDers;
  /** OCSP responses by a hash that stands for the certificate. */
  readonly ocspAnswers: SharedDers;
  /** Makes all that is stored old, and tells every replica so: at once, or as soon as Redis is back. */
  announce(): Promise<void>;
  /** Says something to all other replicas that are there; nobody hears it while Redis cannot be used. */
  say(body: string): void;
  close(): void;
}

/** What is signed by others: who reads it here checks that. DER, by lower-case hex. */
export interface SharedDers {
  read(id: string): Promise<Uint8Array | undefined>;
  /** Kept until `expires` (ms since the epoch). false: it is not there. */
  write(id: string, der: Uint8Array, expires: number): Promise<boolean>;
}

export interface SharedCacheInput {
  readonly settings: RedisOptions;
  readonly secrets: RedisSecrets;
  readonly options: Pick<CacheOptions, 'commandTimeout' | 'breaker'>;
  /** Asked each time, so that they can be replaced; newest first. */
  readonly keys: () => readonly Uint8Array[];
  readonly clock: Clock;
  readonly log: Log;
  readonly reports: RedisReports;
  /**
   * `moved`: a replica has announced a change, or Redis has forgotten one; what is in memory may be old. Called before any
   * value of the new generation is used. `back`: Redis can be used again, and may lack what was not written meanwhile.
   */
  readonly onChange: (what: 'moved' | 'back') => void;
  /** Another replica has said something. */
  readonly onMessage: (body: string) => void;
}

/** Larger lists are not shared: each replica brings in its own. A command must be done within its time limit. */
const MAX_LIST_BYTES = 1024 * 1024;
/** One certificate's answer with its signer's certificate takes 2 KiB. */
const MAX_OCSP_BYTES = 64 * 1024;
/** How long an announcement counts; for clocks that differ. */
const MESSAGE_LIFE_MS = 3_600_000;
/** Bound of the wait at the start, for a Redis that neither answers nor refuses. */
const START_LIMIT_MS = 1_000;

/** Resolves when Redis has been heard of, or not within a second: it is used from when it is there. */
export async function openSharedCache(input: SharedCacheInput): Promise<SharedCache> {
  const { settings, clock, log, reports, onChange, onMessage } = input;
  // The braces keep all keys on one node of a cluster.
  const prefix = `{${settings.prefix}}:`;
  const counter = `${prefix}generation`;
  const news = `${prefix}news`;
  const limits = `${prefix}limits`;
  const heard = Promise.withResolvers<void>();
  let announcementOwed = false;

  const generation = createGeneration(() => onChange('moved'));
  const seals = createSeals(input.keys);
  const messages = createMessages(seals, limits);
  const connection = openConnection({
    ...input,
    commandTimeoutMs: input.options.commandTimeout,
    channels: [news, limits],
    events: {
      ready: () => void beat().then(heard.resolve),
      failed: () => void beat().then(heard.resolve),
      message: (channel, bytes) => {
        if (channel === news) learn(bytes);
        else hear(bytes);
      },
    },
  });
  const breaker = createBreaker({
    connection,
    failures: input.options.breaker.failures,
    log,
    reports,
    onBack: () => onChange('back'),
  });
  const values = createRedisValues({ breaker, seals, generation, counter, clock, log, reports });

  function learn(bytes: Buffer): void {
    const message = seals.open(news, bytes, clock());
    if (typeof message === 'string') values.noteUnreadable(message);
    else generation.learn(message.generation);
  }

  function hear(bytes: Buffer): void {
    const message = messages.read(bytes, clock());
    if (typeof message === 'string') values.noteUnreadable(message);
    else if (message !== undefined) onMessage(message.body);
  }

  /** Looks at the counter: whether Redis is there, and whether something was announced that was not heard. */
  async function beat(): Promise<void> {
    const found = await breaker.run('beat', async (commands) => ({
      count: await readStart(commands, counter, COUNTER_BYTES),
    }));
    if (found === undefined) return;
    const count = parseCounter(found.count);
    if (count === undefined || !generation.believes(count)) {
      values.noteUnreadable('content');
      await breaker.run('write', (commands) => commands.set(counter, Buffer.alloc(0), 'PX', 1));
    } else if (count < generation.highest) {
      // Redis has forgotten something (flushed, or failed over to a replica that was behind), so nobody can be sure
      // to have heard of everything: all begin a new generation.
      await raise(generation.highest + 1 - count);
    } else {
      generation.learn(count);
    }
    if (announcementOwed) await announce();
  }

  async function raise(by: number): Promise<boolean> {
    const count = await breaker.run('write', (commands) => commands.incrby(counter, by));
    if (count !== undefined) generation.learn(count);
    return count !== undefined;
  }

  async function announce(): Promise<void> {
    announcementOwed = !(await raise(1));
    if (announcementOwed) return;
    const content = { generation: generation.highest, expires: clock() + MESSAGE_LIFE_MS, payload: Buffer.alloc(0) };
    await breaker.run('write', (commands) => commands.publish(news, seals.seal(news, content)));
  }

  function shareDers(kind: string, maxBytes: number): SharedDers {
    return {
      async read(id) {
        return (await values.read(`${prefix}${kind}:${id}`, maxBytes, clock()))?.payload;
      },
      async write(id, der, expires) {
        if (der.length > maxBytes || expires <= clock()) return false;
        return values.write(`${prefix}${kind}:${id}`, Buffer.from(der), expires, clock());
      },
    };
  }

  const patience = setTimeout(heard.resolve, START_LIMIT_MS);
  await heard.promise;
  clearTimeout(patience);
  const beats = setInterval(() => {
    connection.probeChannel();
    void beat();
  }, input.options.breaker.pause);
  beats.unref();
  return {
    verdicts: createRedisStore({
      values,
      generation,
      prefix: `${prefix}verdict:`,
      usable: () => !breaker.open,
      announce,
      reports,
    }),
    lists: shareDers('list', MAX_LIST_BYTES),
    ocspAnswers: shareDers('ocsp', MAX_OCSP_BYTES),
    announce,
    say(body) {
      void breaker.run('write', (commands) => commands.publish(limits, messages.write(body, clock())));
    },
    close() {
      clearInterval(beats);
      connection.close();
    },
  };
}
