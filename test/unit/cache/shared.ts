// A replica as far as the cache goes: memory, Redis behind it, and counters of everything that it reports.

import { randomBytes } from 'node:crypto';
import type { Test } from 'tap';
import { createMemoryStore } from '../../../src/cache/memory.ts';
import { cacheOptions } from '../../../src/cache/options.ts';
import { openSharedCache, type SharedCache } from '../../../src/cache/shared-cache.ts';
import { createVerdictCache, type VerdictCache } from '../../../src/cache/verdict-cache.ts';
import type { LogLine } from '../../kit/gateway.ts';

export interface Replica {
  readonly shared: SharedCache;
  readonly cache: VerdictCache;
  readonly changes: readonly string[];
  readonly lines: readonly LogLine[];
  /** How often a command (`read silent`), a state (`usable reading false`) or a value (`value hit`) was reported. */
  count(report: string): number;
  clear(): void;
}

export interface ReplicaOptions {
  /** As in the configuration; the URL of the server, or more. */
  readonly redis: unknown;
  readonly password?: string;
  readonly ca?: readonly string[];
  /** A function where they change. */
  readonly keys?: () => readonly Uint8Array[];
  readonly commandTimeout?: string;
  readonly clock?: () => number;
}

export const KEY = randomBytes(32);
export const TTL_MS = 300_000;

export async function joinReplica(t: Test, options: ReplicaOptions): Promise<Replica> {
  const { redis, keys = () => [KEY], password, ca, clock = Date.now } = options;
  const checked = cacheOptions.parse({
    redis,
    // Far more than a local server takes, so that a busy machine is not taken for a fault.
    commandTimeout: options.commandTimeout ?? '2s',
    breaker: { pause: '50ms' },
  });
  if (checked.redis === undefined) throw new Error('no Redis');
  const counts = new Map<string, number>();
  const lines: LogLine[] = [];
  const changes: string[] = [];
  const note = (report: string) => counts.set(report, (counts.get(report) ?? 0) + 1);
  const at = (level: string) => (fields: object, message: string) => lines.push({ ...fields, level, message });
  let forget = () => {};
  const shared = await openSharedCache({
    settings: checked.redis,
    secrets: { password, sentinelPassword: undefined, ca },
    options: checked,
    keys,
    clock,
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    reports: {
      redisCommand: (kind, outcome) => note(`${kind} ${outcome}`),
      redisUsable: (use, usable) => note(`usable ${use} ${usable}`),
      redisValue: (outcome) => note(`value ${outcome}`),
    },
    onChange(what) {
      changes.push(what);
      if (what === 'moved') forget();
    },
    onMessage() {},
  });
  t.teardown(() => shared.close());
  const store = createMemoryStore({ entries: 100 });
  const cache = createVerdictCache({ store, shared: shared.verdicts, ttlMs: TTL_MS, refusalTtlMs: TTL_MS, clock });
  forget = () => cache.clear();
  return { shared, cache, changes, lines, count: (report) => counts.get(report) ?? 0, clear: () => cache.clear() };
}
