// Verdicts in the memory of this process: bounded, the least recently used go first.

import { LRUCache } from 'lru-cache';
import type { InvalidVerdict, ValidVerdict, Verdict } from '../model/verdict.ts';
import type { VerdictStore } from './verdict-store.ts';

/**
 * Part of the room for verdicts that refuse. They have a room of their own, because anybody can cause them with
 * certificates made up on the spot, and must not push out those of verified clients.
 */
const REFUSED_SHARE = 0.1;

/** The synchronous kind of store. */
export interface MemoryStore extends VerdictStore {
  get(key: string, now: number): Verdict | undefined;
  set(key: string, verdict: Verdict, now: number): void;
  clear(): void;
}

/** `entries`: most verdicts kept of verified certificates. */
export function createMemoryStore({ entries }: { readonly entries: number }): MemoryStore {
  const verified = new LRUCache<string, ValidVerdict>({ max: entries });
  const refused = new LRUCache<string, InvalidVerdict>({ max: Math.ceil(entries * REFUSED_SHARE) });
  const forget = (key: string) => {
    verified.delete(key);
    refused.delete(key);
  };
  return {
    name: 'memory',
    get(key, now) {
      const verdict = verified.get(key) ?? refused.get(key);
      if (verdict === undefined || now < verdict.validUntil) return verdict;
      forget(key);
      return undefined;
    },
    set(key, verdict, now) {
      forget(key);
      if (now >= verdict.validUntil) return;
      if (verdict.valid) verified.set(key, verdict);
      else refused.set(key, verdict);
    },
    clear() {
      verified.clear();
      refused.clear();
    },
  };
}
