// Verdicts in Redis, where every replica finds what another one has found out.

import type { RedisReports } from './breaker.ts';
import type { Generation } from './generation.ts';
import type { RedisValues } from './redis-values.ts';
import type { VerdictStore } from './verdict-store.ts';
import { parseVerdict, serializeVerdict } from './verdict-text.ts';

export interface RedisStoreInput {
  readonly values: RedisValues;
  readonly generation: Generation;
  /** What the key of every verdict starts with. */
  readonly prefix: string;
  /** false: Redis is not to be asked now. */
  readonly usable: () => boolean;
  /** Makes everything that is stored old, for all replicas. */
  readonly announce: () => Promise<void>;
  readonly reports: RedisReports;
}

/** A path of ten certificates of almost 5 KiB in base64; whoever has more is judged by each replica. */
const MAX_VERDICT_BYTES = 64 * 1024;

export function createRedisStore(input: RedisStoreInput): VerdictStore {
  const { values, generation, prefix, usable, announce, reports } = input;

  async function read(key: string, now: number) {
    const sealed = await values.read(prefix + key, MAX_VERDICT_BYTES, now);
    if (sealed === undefined) return note('miss');
    if (sealed.generation < generation.highest) return note('outdated');
    const verdict = parseVerdict(sealed.payload.toString('utf8'));
    if (verdict !== undefined && verdict.validUntil === sealed.expires) {
      reports.redisValue('hit');
      return verdict;
    }
    values.noteUnreadable('content');
    return undefined;
  }

  function note(outcome: 'miss' | 'outdated'): undefined {
    reports.redisValue(outcome);
  }

  return {
    name: 'redis',
    get: (key, now) => (usable() ? read(key, now) : undefined),
    async set(key, verdict, now) {
      const payload = Buffer.from(serializeVerdict(verdict), 'utf8');
      if (payload.length > MAX_VERDICT_BYTES || !Number.isSafeInteger(verdict.validUntil)) return;
      await values.write(prefix + key, payload, verdict.validUntil, now);
    },
    clear: announce,
  };
}
