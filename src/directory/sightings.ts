// When was a certificate last seen? Noted in memory, and brought to the database now and then, behind the requests.

import type { CertificateFacts } from '../model/certificate.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import type { FoundCredential } from './look-up.ts';
import type { DirectoryStore, Sighting } from './store.ts';

export interface Sightings {
  /** For a certificate that was verified; costs next to nothing when it was noted less than an hour ago. */
  note(credential: FoundCredential, leaf: CertificateFacts, issuerSpki: string): void;
  /** Brings what is noted to the database. */
  close(): Promise<void>;
}

export interface SightingsInput {
  readonly store: Pick<DirectoryStore, 'recordSeen'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** How exact the last time is: one write per certificate and hour, however often it comes. */
const EXACT_TO_MS = 3_600_000;
/** A fingerprint is bound so soon after it was first seen. */
const WRITE_EVERY_MS = 5_000;
/** As many as 100,000 clients that come within a few minutes; more are noted when they come again. */
const MOST_WAITING = 10_000;

export function createSightings({ store, clock, log }: SightingsInput): Sightings {
  let waiting = new Map<string, Sighting>();
  // Noted here, whatever the database has taken; forgotten when it is full, at the price of one more write each.
  const noted = new Map<string, number>();
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    if (waiting.size === 0) return;
    const batch = waiting;
    waiting = new Map();
    try {
      await store.recordSeen([...batch.values()]);
    } catch (error) {
      log.warn({ reason: error instanceof Error ? error.message : String(error) }, 'last-seen times are not written');
      for (const id of batch.keys()) noted.delete(id);
    }
  }

  const flush = () => {
    writing = writing.then(write);
    return writing;
  };
  const timer = setInterval(flush, WRITE_EVERY_MS);
  timer.unref();
  return {
    note({ id, lastSeenAt = 0, unbound }, leaf, issuerSpki) {
      const now = clock();
      if (now - Math.max(lastSeenAt, noted.get(id) ?? 0) < EXACT_TO_MS && (!unbound || noted.has(id))) return;
      if (waiting.size >= MOST_WAITING) return;
      if (noted.size >= MOST_WAITING * 10) noted.clear();
      noted.set(id, now);
      waiting.set(id, { credential: id, at: now, bind: unbound ? { issuerSpki, serial: leaf.serial } : undefined });
    },
    close() {
      clearInterval(timer);
      return flush();
    },
  };
}
