// Options of the cache of verdicts.

import { z } from 'zod';
import { duration, filePath } from '../model/options.ts';

export const cacheOptions = z
  .strictObject({
    ttl: duration.default(300_000).describe('How long a verdict is kept at most; never longer than it is valid.'),
    refusalTtl: duration
      .default(10_000)
      .describe('The same for a verdict that refuses: short, so that a repaired chain is seen soon.'),
    entries: z.int().min(100).max(1_000_000).default(10_000).describe('Most verdicts kept in memory.'),
    redis: z
      .union([z.url({ protocol: /^rediss?$/ }), z.record(z.string(), z.unknown())])
      .optional()
      .describe('Redis that replicas share: a URL, or an object for Sentinel and Cluster.'),
    keyFile: filePath.optional().describe('Keys that sign what is stored in Redis, newest first.'),
  })
  .describe('Where verdicts are kept.');

export type CacheOptions = z.output<typeof cacheOptions>;
