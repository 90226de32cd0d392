// Options of the cache of verdicts, and of the Redis that replicas share.

import { z } from 'zod';
import { duration, filePath, timeLimit } from '../model/options.ts';

const redisUrl = z.url({
  protocol: /^rediss?$/,
  error: 'expected a URL such as redis://127.0.0.1:6379 or rediss://redis.example:6379',
});

const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^\s:/@]+):\d{1,5}$/, 'expected a host and a port such as redis-1.example:6379');

const redisObject = z
  .strictObject({
    url: redisUrl.optional().describe('One server: `redis://` or, with `tls`, `rediss://`; a path is the database.'),
    sentinels: z.array(address).min(1).optional().describe('Sentinels (`host:port`), which know the master `name`.'),
    name: z.string().min(1).optional().describe('Name of the master that the Sentinels watch.'),
    cluster: z.array(address).min(1).optional().describe('Some nodes of a Redis Cluster (`host:port`).'),
    username: z.string().min(1).optional().describe('User of Redis; left out: the default user.'),
    passwordFile: filePath.optional().describe('File that holds the password. Not readable by everyone.'),
    sentinelPasswordFile: filePath.optional().describe('The same for the Sentinels themselves.'),
    tls: z
      .strictObject({
        ca: z
          .union([z.literal('system'), filePath])
          .describe('Authorities that vouch for the servers: a file, or `system` for the public ones.'),
        serverName: z
          .string()
          .min(1)
          .optional()
          .describe('Name expected in their certificates; left out: the host connected to.'),
      })
      .optional()
      .describe('Speak TLS, to Sentinels too. The servers are always verified.'),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'expected 1 to 64 letters, digits, `_`, `.` or `-`')
      .default('portcullis')
      .describe('Every key and channel starts with `{prefix}:`.'),
  })
  .describe('One of `url`, `sentinels` and `cluster` says where it is.');

export type RedisOptions = z.output<typeof redisObject>;

export const cacheOptions = z
  .strictObject({
    ttl: duration.default(300_000).describe('How long a verdict is kept at most; never longer than it is valid.'),
    refusalTtl: duration
      .default(10_000)
      .describe('The same for a verdict that refuses: short, so that a repaired chain is seen soon.'),
    entries: z.int().min(100).max(1_000_000).default(10_000).describe('Most verdicts kept in memory.'),
    redis: z
      .union([redisUrl.transform((url): RedisOptions => ({ url, prefix: 'portcullis' })), redisObject])
      .optional()
      .describe('Redis that replicas share: a URL, or an object. Left out: memory only.'),
    keyFile: filePath
      .optional()
      .describe(
        'Keys that sign what is stored in Redis, one per line (at least 32 bytes in hexadecimal or base64), newest first; the same on every replica. Required for `redis`. Not readable by everyone.',
      ),
    commandTimeout: timeLimit
      .default(50)
      .describe('How long a request waits for Redis at most, before it is judged without it.'),
    breaker: z
      .strictObject({
        failures: z
          .int()
          .min(1)
          .max(100)
          .default(1)
          .describe('Failures in a row after which Redis is left alone. With 1, only the first request ever waits.'),
        pause: timeLimit
          .default(1_000)
          .describe(
            'How often Redis is asked whether anything has changed, and, while it is left alone, whether it is back.',
          ),
      })
      .prefault({}),
  })
  .describe('Where verdicts are kept.');

export type CacheOptions = z.output<typeof cacheOptions>;
